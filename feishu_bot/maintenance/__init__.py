"""What the command line does for operators, beside a bot that may be running."""
