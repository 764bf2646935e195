"""What is done besides answers, and that nobody waits for."""
