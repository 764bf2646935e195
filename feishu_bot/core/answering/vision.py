"""Which model looks at pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feishu_bot.core.chat_model import ModelSight
from feishu_bot.core.pictures import Picture
from feishu_bot.errors import ModelError


@dataclass(frozen=True, slots=True)
class Vision:
    """The chosen model, or `model` where that one can't see. It may be empty: there is none."""

    sight: ModelSight
    model: str

    def model_for(self, chosen: str, pictures: Mapping[str, Picture]) -> str:
        """The model for a question with these pictures, if there are any."""
        if not pictures or not self.model or self._can_see(chosen):
            return chosen
        return self.model

    def is_possible(self, chosen: str) -> bool:
        """Whether any of the two can look at pictures."""
        return bool(self.model) or self._can_see(chosen)

    def _can_see(self, model: str) -> bool:
        try:
            return self.sight.can_see(model)
        except ModelError:
            # There is no model: that is told when it is asked.
            return True
