"""The model service of the settings, for the bot and for `feishu-bot doctor`."""

from __future__ import annotations

from collections.abc import Callable

from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.media_tasks import MediaSettings
from feishu_bot.settings import Settings


def build_gateway(
    settings: Settings, on_outcome: Callable[[ModelError | None], None] = lambda failure: None
) -> Gateway:
    """A gateway that has asked nothing yet; whoever builds it closes it.

    `on_outcome` is told of the failure of each answer, or None.
    """
    return Gateway(
        api_url=settings.api_url,
        keys=settings.openai_keys,
        model=settings.openai_model,
        allowed=settings.allowed_models,
        media=MediaSettings(
            picture_model=settings.image_model,
            transcription_model=settings.transcription_model,
            speech_model=settings.speech_model,
        ),
        proxy=settings.http_proxy,
        user_agent=settings.gateway_user_agent,
        headers=dict(settings.gateway_headers),
        first_token_timeout=settings.first_token_timeout,
        idle_timeout=settings.idle_timeout,
        answer_timeout=settings.answer_timeout,
        on_outcome=on_outcome,
    )
