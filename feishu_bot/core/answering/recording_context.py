"""What is said in recordings that people send as files, or quote."""

from __future__ import annotations

from feishu_bot.core.answering.prompt import BYTES_PER_TOKEN
from feishu_bot.core.answering.question_context import QuestionContext, tagged, tags_in
from feishu_bot.core.answering.unread import shown_name
from feishu_bot.core.answering.voice_messages import Hear
from feishu_bot.core.attachments import failure_notice
from feishu_bot.core.formatting import format_duration
from feishu_bot.core.messages import Attachment
from feishu_bot.core.notices import Notice
from feishu_bot.core.recordings import VIDEOS, audio_format
from feishu_bot.core.transcription import MOST_AUDIO
from feishu_bot.errors import MediaError, ModelError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


def is_recording(data: bytes) -> bool:
    """Whether a file is one that can be listened to, by its bytes."""
    return audio_format(data) != "other"


def recording_context(
    message_id: str, item: Attachment, data: bytes, hear: Hear, *, tokens: int
) -> QuestionContext:
    """What stands before a question for a recording, up to so many tokens; of videos the sound.

    Raises LeaseLost.
    """
    name = shown_name(item.name)
    kind = {"kind": "audio"} if item.kind == "audio" else {}
    if len(data) > MOST_AUDIO:
        too_large = failure_notice(MediaError("media_too_large"), most=MOST_AUDIO, file=name)
        return _unheard(too_large, name)
    try:
        heard = hear(item.key, data)
    except ModelError as exc:
        logger.info("recording not heard", id=message_id, kind=exc.kind, detail=exc.detail)
        if exc.kind == "transcription_model_unset":
            return _unheard(Notice("recording_model_unset", {"file": name, **kind}), name)
        return _unheard(Notice(exc.kind, exc.params()), name)
    media = (heard.used,) if heard.used else ()
    if heard.failure:
        params = {"file": name, **kind, **heard.failure.params}
        return _unheard(Notice(heard.failure.kind, params), name) + QuestionContext(media=media)
    room = max(tokens, 1) * BYTES_PER_TOKEN
    text = heard.text.encode()[:room].decode(errors="ignore")
    length = format_duration(heard.seconds) if heard.seconds else ""
    told = "recording_cut" if text != heard.text else "recording_heard"
    notices = [Notice(told, {"file": name, "time": length, **kind})]
    if audio_format(data) in VIDEOS:
        notices.append(Notice("recording_video", {"file": name}))
    reference = {"message": item.message_id or message_id, "inner": item.inner_id, "key": item.key}
    tag = tagged("recording", text, name=name, length=length, **reference)
    return QuestionContext(tag, tuple(notices), media=media)


def has_recording(context: str) -> bool:
    """Whether something was heard."""
    return any(tag.attributes.get("key") for tag in tags_in(context, "recording"))


def spoken(message_id: str) -> str:
    """What stands before a question that was said: that it was, and where."""
    return tagged("recording", "", message=message_id)


def _unheard(notice: Notice, name: str) -> QuestionContext:
    tag = tagged("recording", "(a recording that wasn't heard)", name=name)
    return QuestionContext(tag, (notice,), notice)
