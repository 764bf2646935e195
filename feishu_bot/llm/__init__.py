"""The language model behind an OpenAI-compatible gateway; the only importer of openai and httpx2.

httpx2 is the HTTP client that openai 3 brings along. Its transports are the one place where the
time that an answer may take can be enforced, so this package knows it too.
"""

from __future__ import annotations

from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.gateway import Gateway
from feishu_bot.llm.keys import KeyRing, masked
from feishu_bot.llm.model_list import PREFERRED_MODELS, ModelList

__all__ = ["PREFERRED_MODELS", "Gateway", "KeyRing", "ModelErrorKind", "ModelList", "masked"]
