"""The tasks that wait, and the threads that work on them."""
