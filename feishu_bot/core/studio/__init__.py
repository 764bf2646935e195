"""The picture studio: a conversation in which what is said is drawn."""
