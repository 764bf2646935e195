"""An AI chat bot for Feishu and Lark: one process, every conversation in its own thread."""

__version__ = "0.1.0"
