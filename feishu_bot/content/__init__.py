"""What the bot says, has and charges: texts and lists in files, and their loaders."""
