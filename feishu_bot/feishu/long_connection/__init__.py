"""The other way in: a WebSocket that the bot opens, and Feishu sends its events through."""
