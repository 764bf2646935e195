"""Models by what people write for their names."""

from __future__ import annotations

from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.model_names import same_model


def find_model(name: str, models: ModelCatalog) -> str:
    """The model of this name as it is offered; empty when it isn't.

    Letter case doesn't matter, nor the vendor and the date in a name. Where there is no list of
    models, the name is taken unseen. Raises ModelError as `ModelCatalog.offered`.
    """
    offered = models.offered()
    if not offered and models.allows(name):
        return name
    return same_model(name, offered)
