"""Examines a bot: its settings, its machine, its app in Feishu, its addresses, its model."""
