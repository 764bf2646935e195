"""The metrics of what answers cost."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot import metrics
from feishu_bot.core.answering.model_label import ModelLabel
from feishu_bot.core.usage import Prices, Usage


@dataclass(frozen=True)
class UsageCounter:
    """Counts usages in the metrics."""

    model_label: ModelLabel
    prices: Prices

    def count(self, usage: Usage, *further: Usage) -> None:
        """An answer has ended; `further` is what other models took for it."""
        metrics.ANSWERS.labels(outcome=usage.outcome).inc()
        metrics.ANSWER_SECONDS.observe(usage.seconds)
        self.count_further(usage, *further)

    def count_further(self, *usages: Usage) -> None:
        """What models took, where no answer ends with it."""
        for used in usages:
            self._count(used)

    def _count(self, used: Usage) -> None:
        tokens = {"prompt": used.prompt_tokens, "completion": used.completion_tokens}
        media = {
            "pictures": used.pictures,
            "audio_seconds": used.audio_seconds,
            "files": used.files,
        }
        if not any((*tokens.values(), *media.values())):
            return
        model = self.model_label.of(used.model)
        if any(tokens.values()):
            for kind, count in tokens.items():
                metrics.TOKENS.labels(model=model, kind=kind).inc(count)
        for kind, amount in media.items():
            if amount:
                metrics.MEDIA.labels(model=model, kind=kind).inc(amount)
        if used.cost:
            metrics.COST.labels(model=model, currency=self.prices.currency).inc(used.cost)
