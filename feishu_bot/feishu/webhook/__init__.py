"""What Feishu sends: signatures, events, messages."""
