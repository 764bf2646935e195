"""The adapter to an OpenAI-compatible gateway; the only importer of openai and httpx2.

httpx2 is the HTTP client that openai 3 brings along. Its transports are the one place where the
time that an answer may take can be enforced, so this package imports it too.
"""

from __future__ import annotations

from feishu_bot.llm.gateway import Gateway

__all__ = ["Gateway"]
