"""What an administrator sees and changes while the bot runs: values, rules and ports, no I/O."""
