"""Models by what people write for their names."""

from __future__ import annotations

import difflib

from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.model_names import same_model

MAX_SUGGESTIONS = 4
_SIMILARITY = 0.4


def find_model(name: str, models: ModelCatalog) -> str:
    """The model of this name as it is offered; empty when it isn't.

    Letter case doesn't matter, nor the vendor and the date in a name. Where there is no list of
    models, the name is taken unseen. Raises ModelError as `ModelCatalog.offered`.
    """
    offered = models.offered()
    if not offered and models.allows(name):
        return name
    return same_model(name, offered)


def similar_models(wanted: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Up to four names that hold the word, or are like it."""
    holding = [name for name in offered if wanted in name.casefold()]
    folded = {name.casefold(): name for name in offered}
    alike = difflib.get_close_matches(wanted, folded, MAX_SUGGESTIONS, _SIMILARITY)
    names = dict.fromkeys((*holding, *(folded[name] for name in alike)))
    return tuple(names)[:MAX_SUGGESTIONS]
