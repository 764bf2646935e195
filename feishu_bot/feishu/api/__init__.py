"""Calls to Feishu's API."""
