"""Everything that knows Feishu: its events, its cards, its API and its limits."""
