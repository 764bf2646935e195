"""Texts, roles and prices: files, and their loaders."""
