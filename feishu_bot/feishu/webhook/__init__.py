"""Requests from Feishu: signatures, events, messages, clicks."""
