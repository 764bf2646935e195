"""A self-hosted AI chat bot for Feishu and Lark."""

__version__ = "0.2.0"
