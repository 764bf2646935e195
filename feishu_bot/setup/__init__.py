"""What an administrator does once: the app in Feishu, and whether all of it is right."""
