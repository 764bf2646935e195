"""What people can ask of the bot besides questions: one module for each family of commands.

A family is an object with `commands`, `actions` for what is pressed on its cards, or both.
"""
