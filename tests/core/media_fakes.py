"""Stand-ins for the ports of pictures, files and voice. They remember what they were told."""

from __future__ import annotations

from feishu_bot.core.answering.attached_files import AttachedFiles
from feishu_bot.core.answering.contact_cards import ContactCards
from feishu_bot.core.answering.context import MissingContext
from feishu_bot.core.answering.forwarded_chat import ForwardedChats
from feishu_bot.core.answering.modalities import Modalities
from feishu_bot.core.answering.sent_things import SentThings
from feishu_bot.core.answering.voice_messages import VoiceMessages
from feishu_bot.core.attachments import AttachmentSource
from feishu_bot.core.documents import MOST_SCANS, Document, DocumentPart
from feishu_bot.core.picture_model import DrawnPictures
from feishu_bot.core.pictures import Picture
from feishu_bot.core.speech import Speech
from feishu_bot.core.transcription import Transcript
from feishu_bot.errors import BotError, MediaError, ModelError
from tests.core.fakes import FakePrices


class FakeAttachments:
    """What messages hold, by their key; a failure in place of bytes is raised."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes | MediaError] = {}
        self.fetched: list[tuple[str, str, str]] = []

    def fetch(self, message_id, attachment, *, most, inner_id="") -> bytes:
        self.fetched.append((message_id, attachment.key, inner_id))
        data = self.stored.get(attachment.key, MediaError("media_gone"))
        if isinstance(data, MediaError):
            raise data
        if len(data) > most:
            raise MediaError("media_too_large")
        return data


class FakeDocuments:
    """Reads bytes as text, with a form feed between pages; all from `first` on have room.

    A page of `#` alone is a scan.
    """

    def __init__(self) -> None:
        self.read_names: list[tuple[str, int]] = []

    def read(self, name, data, *, chars, first=1) -> Document:
        self.read_names.append((name, first))
        pages = data.decode().split("\f")
        if not any(pages):
            raise MediaError("media_empty")
        parts = [
            DocumentPart(number=number, text="" if text == "#" else text, is_scan=text == "#")
            for number, text in enumerate(pages, 1)
            if number >= min(first, len(pages))
        ]
        return Document(unit="page", total=len(pages), parts=tuple(parts[:MOST_SCANS]))


class FakePictures:
    """Every file is a picture of 512 x 512, which costs a model 255 tokens."""

    def __init__(self) -> None:
        self.drawn: list[tuple[int, ...]] = []

    def picture(self, data) -> Picture:
        return Picture(data=data, media_type="image/png", width=512, height=512)

    def pages(self, data, numbers) -> tuple[Picture, ...]:
        self.drawn.append(tuple(numbers))
        return tuple(self.picture(b"page %d" % number) for number in numbers)


class FakeSight:
    """All models can see but `blind` ones."""

    def __init__(self) -> None:
        self.blind: set[str] = set()

    def can_see(self, model) -> bool:
        return model not in self.blind


class FakePictureModel:
    """Draws the same picture for everybody, unless it has a failure to raise."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple, str, int]] = []
        self.failure: BotError | None = None
        self.is_unset = False
        self.drawn = DrawnPictures(pictures=(b"\x89PNG",), model="draw-1")

    def draw(self, prompt, *, pictures=(), size="", number=1, is_cancelled=lambda: False):
        self.asked.append((prompt, pictures, size, number))
        is_cancelled()
        if self.failure:
            raise self.failure
        return self.drawn

    def size(self, shape) -> str:
        return f"{shape} of {self.model()}"

    def model(self) -> str:
        if self.is_unset:
            raise ModelError("picture_model_unset")
        return self.drawn.model


class FakeTranscriber:
    """Hears `text` in every recording."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.text = "hello"
        self.failure: BotError | None = None

    def transcribe(self, data, *, language="", is_cancelled=lambda: False) -> Transcript:
        self.heard.append((data, language))
        if self.failure:
            raise self.failure
        return Transcript(text=self.text, model="hear-1")


class FakeSpeech:
    """Says everything in a second."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.failure: BotError | None = None
        self.speech = Speech(data=b"OggS", format="opus", milliseconds=1000, model="speak-1")

    def speak(self, text, *, voice="", is_cancelled=lambda: False) -> Speech:
        self.said.append((text, voice))
        if self.failure:
            raise self.failure
        return self.speech


def missing_context(
    conversations, reader, *, names=None, attachments=None, tokens=1_000
) -> MissingContext:
    """What finds out what questions refer to, over fakes."""
    files = AttachedFiles(
        AttachmentSource(attachments or FakeAttachments()),
        FakeDocuments(),
        FakePictures(),
        most_bytes=1_000,
        tokens=tokens,
    )
    names = names or _NoNames()
    cards = ContactCards(names, reader)
    forwards = ForwardedChats(
        conversations=conversations, names=names, cards=cards, files=files, tokens=tokens
    )
    things = SentThings(archive=reader, cards=cards, forwards=forwards, files=files)
    return MissingContext(conversations=conversations, archive=reader, files=files, things=things)


def modalities(*, can_see=True, transcriber=None) -> Modalities:
    """What a question is read with: models that see, and hear."""
    voices = VoiceMessages(
        AttachmentSource(FakeAttachments()), transcriber or FakeTranscriber(), FakePrices()
    )
    return Modalities(
        lambda: can_see, lambda key, data: voices.words_of(data, is_cancelled=lambda: False)
    )


class _NoNames:
    """Knows nobody."""

    def of(self, open_id) -> str:
        return ""

    def learn(self, open_id, name) -> None:
        return


class FakePublicFiles:
    """Files by their address; a failure in place of bytes is raised."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes | MediaError] = {}
        self.fetched: list[str] = []

    def fetch(self, url, *, most, timeout, is_cancelled=lambda: False) -> bytes:
        self.fetched.append(url)
        data = self.stored.get(url, MediaError("media_unavailable"))
        if isinstance(data, MediaError):
            raise data
        return data
