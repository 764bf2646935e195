"""The adapter to an OpenAI-compatible gateway; the only importer of openai and httpx2.

httpx2 is the HTTP client that openai 3 brings along. Its transports are the one place where the
time that an answer may take can be enforced, so this package imports it too.
"""

from __future__ import annotations

from feishu_bot.unused_modules import EmptyModules

# 440 models of requests and answers, 14 MB in each process: the bot sends and reads plain dicts.
# `tests/llm/test_slim_client.py` checks that the client does without them.
EmptyModules("openai.types").install()

from feishu_bot.llm.gateway import Gateway  # noqa: E402

__all__ = ["Gateway"]
