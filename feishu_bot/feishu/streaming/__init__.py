"""Cards that update while the answer streams in, within Feishu's rate limits."""
