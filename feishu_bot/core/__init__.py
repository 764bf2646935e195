"""What the bot does, without I/O. All dependencies point here."""
