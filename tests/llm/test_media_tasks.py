"""Pictures, speech and transcripts: what is asked, what comes, and what is never asked twice."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from feishu_bot.core.pictures import Picture
from feishu_bot.errors import ModelError
from feishu_bot.llm import Gateway
from feishu_bot.llm.media_models import PICTURE_MODELS, SPEECH_MODELS, TRANSCRIPTION_MODELS
from feishu_bot.llm.media_tasks import MediaSettings

from .fault_server import FaultServer, Request, Script, error, hang_up, reply, stream

MakeGateway = Callable[..., Gateway]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
OPUS = (
    b"OggS\0\2" + bytes(8) + bytes(14) + b"OpusHead\x01\x01\x38\x01" + bytes(100)
    + b"OggS\0\4" + (312 + 48_000 * 2).to_bytes(8, "little") + bytes(50)
)  # fmt: skip
MODELS = MediaSettings(picture_model="draw-1", transcription_model="hear-1", speech_model="speak-1")
PHOTO = Picture(data=b"\xff\xd8photo", media_type="image/jpeg", width=8, height=8)


@pytest.fixture
def media(make_gateway: MakeGateway) -> Callable[..., Any]:
    """The tasks of a new gateway."""

    def make(settings: MediaSettings = MODELS, **changes: Any) -> Any:
        return make_gateway(media=settings, **changes).media

    return make


def drawn(*pictures: bytes, **more: Any) -> Script:
    items = [{"b64_json": base64.b64encode(picture).decode()} for picture in pictures]
    return reply(200, {"created": 1, "data": items, **more})


def form_of(request: Request) -> tuple[dict[str, str], list[tuple[str, str, str, bytes]]]:
    """The fields of a form, and its files: field, name, type and content."""
    _, options = parse_options_header(request.headers["content-type"])
    decoder = MultipartDecoder(options["boundary"].encode())
    decoder.receive_data(request.body)
    decoder.receive_data(None)
    fields: dict[str, str] = {}
    files: list[tuple[str, str, str, bytes]] = []
    part: Field | File | None = None
    data = b""
    while not isinstance(found := decoder.next_event(), Epilogue):
        if isinstance(found, Field | File):
            part, data = found, b""
        elif isinstance(found, Data):
            data += found.data
            if found.more_data or part is None:
                continue
            if isinstance(part, File):
                files.append((part.name, part.filename, part.headers["content-type"], data))
            else:
                fields[part.name] = data.decode()
    return fields, files


class TestPictures:
    def test_only_what_was_chosen_is_sent(self, media: Any, server: FaultServer) -> None:
        server.will(drawn(PNG))

        answer = media().pictures.draw("a cat")
        media().pictures.draw("a cat", size="1024x1536", number=2)

        assert answer.pictures == (PNG,)
        assert (answer.model, answer.request_id) == ("draw-1", "req-1")
        assert [request.body for request in server.requests] == [
            {"model": "draw-1", "prompt": "a cat", "n": 1},
            {"model": "draw-1", "prompt": "a cat", "n": 2, "size": "1024x1536"},
        ]
        assert server.requests[0].path == "/v1/images/generations"

    def test_an_edit_is_a_form_with_the_pictures(self, media: Any, server: FaultServer) -> None:
        server.will(drawn(PNG))

        media().pictures.draw("a hat on it", pictures=(PHOTO,), size="1024x1024")
        media().pictures.draw("both", pictures=(PHOTO, PHOTO))

        one, two = map(form_of, server.requests)
        assert server.requests[0].path == "/v1/images/edits"
        assert one[0] == {
            "model": "draw-1",
            "prompt": "a hat on it",
            "n": "1",
            "size": "1024x1024",
        }
        assert one[1] == [("image", "picture1.jpeg", "image/jpeg", b"\xff\xd8photo")]
        assert [(name, file) for name, file, _, _ in two[1]] == [
            ("image[]", "picture1.jpeg"),
            ("image[]", "picture2.jpeg"),
        ]

    def test_more_than_sixteen_pictures_are_not_taken(self, media: Any) -> None:
        with pytest.raises(ValueError, match="16 at most"):
            media().pictures.draw("all", pictures=(PHOTO,) * 17)

    def test_seedream_edits_where_it_draws(self, media: Any, server: FaultServer) -> None:
        server.will(drawn(PNG))
        tasks = media(MediaSettings(picture_model="doubao-seedream-4-5-251128"))
        url = "data:image/jpeg;base64," + base64.b64encode(PHOTO.data).decode()

        tasks.pictures.draw("a cat", size="2K")
        tasks.pictures.draw("a hat", pictures=(PHOTO,))
        tasks.pictures.draw("both", pictures=(PHOTO, PHOTO))

        model = {"model": "doubao-seedream-4-5-251128", "watermark": False}
        assert [request.body for request in server.requests] == [
            {**model, "prompt": "a cat", "size": "2K"},
            {**model, "prompt": "a hat", "image": url},
            {**model, "prompt": "both", "image": [url, url]},
        ]
        assert {request.path for request in server.requests} == {"/v1/images/generations"}

    def test_a_picture_at_an_address_of_the_gateway_is_fetched(
        self, media: Any, server: FaultServer
    ) -> None:
        found = {"data": [{"url": f"{server.url}/files/1.png", "revised_prompt": "a fat cat"}]}
        server.will(reply(200, found), reply(200, PNG, content_type="image/png"))

        answer = media().pictures.draw("a cat")

        assert (answer.pictures, answer.prompt) == ((PNG,), "a fat cat")
        assert server.requests[1].path == "/files/1.png"
        assert "authorization" not in server.requests[1].headers

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1:9/x.png", "http://10.0.0.1/x.png", "file:///etc/passwd", "x"]
    )
    def test_a_picture_at_any_other_private_address_is_not(
        self, media: Any, server: FaultServer, url: str
    ) -> None:
        server.will(reply(200, {"data": [{"url": url}]}))

        with pytest.raises(ModelError) as caught:
            media().pictures.draw("a cat")

        assert caught.value.kind == "picture_missing"
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "item",
        [
            {"b64_json": "data:image/png;base64," + base64.b64encode(PNG).decode()},
            {"url": "data:image/png;base64," + base64.b64encode(PNG).decode()},
            {"b64_json": base64.encodebytes(PNG).decode(), "url": None},
        ],
    )
    def test_encoded_pictures_are_read_in_each_of_their_shapes(
        self, media: Any, server: FaultServer, item: dict[str, Any]
    ) -> None:
        server.will(reply(200, {"data": [item]}))

        assert media().pictures.draw("a cat").pictures == (PNG,)

    def test_what_is_spent_is_told(self, media: Any, server: FaultServer) -> None:
        usage = {"total_tokens": 100, "input_tokens": 40, "output_tokens": 60}
        server.will(drawn(PNG, PNG, usage=usage))

        answer = media().pictures.draw("a cat", number=2)

        assert (answer.prompt_tokens, answer.completion_tokens) == (40, 60)
        assert len(answer.pictures) == 2

    @pytest.mark.parametrize(
        "body",
        [
            {"data": []},
            {"created": 1},
            {"data": [{"b64_json": "!!!"}]},
            {"data": [{"b64_json": base64.b64encode(b"<html>").decode()}]},
            {"data": "x"},
        ],
    )
    def test_an_answer_without_a_picture_is_told_as_such(
        self, media: Any, server: FaultServer, body: Any
    ) -> None:
        server.will(reply(200, body))

        with pytest.raises(ModelError) as caught:
            media().pictures.draw("a cat")

        assert (caught.value.kind, caught.value.request_id) == ("picture_missing", "req-1")
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ("Invalid value: '99x99'. Supported values are: '1024x1024'. param: size", "size"),
            ("Unknown parameter: 'n'.", "n"),
            ("size_not_supported", "size"),
        ],
    )
    def test_a_field_that_is_refused_is_left_out_once(
        self, media: Any, server: FaultServer, said: str, field: str
    ) -> None:
        server.will(error(400, said, "invalid_request_error"), drawn(PNG))

        answer = media().pictures.draw("a cat", size="99x99")

        first, second = (request.body for request in server.requests)
        assert set(first) - set(second) == {field}
        assert answer.without == {field}

    def test_a_refusal_that_goes_on_ends_it(self, media: Any, server: FaultServer) -> None:
        server.will(error(400, "size must be one of … and 'n' is unknown"))

        with pytest.raises(ModelError) as caught:
            media().pictures.draw("a cat", size="99x99")

        assert caught.value.kind == "bad_request"
        assert len(server.requests) == 3

    @pytest.mark.parametrize(
        "failure",
        [
            hang_up,
            error(500, "internal"),
            error(504, "timeout"),
            reply(524, b"<html>", content_type="text/html"),
            stream(b'{"data": [', content_type="application/json", cut=True),
            error(503, "overloaded"),
        ],
        ids=["hang up", "500", "504", "524", "cut", "busy"],
    )
    def test_what_may_have_been_paid_is_never_asked_again(
        self, media: Any, server: FaultServer, failure: Script
    ) -> None:
        server.will(failure, drawn(PNG))

        with pytest.raises(ModelError):
            media(keys=["sk-first-0000000000000001", "sk-other-0000000000000002"]).pictures.draw(
                "a cat"
            )

        assert len(server.requests) == 1

    def test_a_picture_that_takes_too_long_is_not_asked_for_again(
        self, media: Any, server: FaultServer
    ) -> None:
        never = threading.Event()
        server.will(stream(never))
        tasks = media(MediaSettings(picture_model="draw-1", picture_timeout=0.3))

        with pytest.raises(ModelError) as caught:
            tasks.pictures.draw("a cat")
        never.set()

        assert caught.value.kind == "gateway_timeout_first"
        assert len(server.requests) == 1

    def test_a_stop_ends_the_wait(self, media: Any, server: FaultServer) -> None:
        never = threading.Event()
        server.will(stream(never))
        asked = iter([False, True, True, True, True, True, True, True, True, True])

        with pytest.raises(ModelError):
            media().pictures.draw("a cat", is_cancelled=lambda: next(asked))
        never.set()

        assert len(server.requests) == 1

    def test_a_key_that_is_refused_gives_way_to_another(
        self, media: Any, server: FaultServer
    ) -> None:
        server.will(error(401, "无效的令牌", "czloapi_error"), drawn(PNG))

        tasks = media(keys=["sk-first-0000000000000001", "sk-other-0000000000000002"])

        assert tasks.pictures.draw("a cat").pictures == (PNG,)
        assert len(set(server.keys)) == 2

    def test_a_refused_prompt_is_told_as_filtered(self, media: Any, server: FaultServer) -> None:
        server.will(
            error(400, "Your request was rejected by the safety system", "image_generation_user")
        )

        with pytest.raises(ModelError) as caught:
            media().pictures.draw("a cat")

        assert caught.value.kind == "content_filtered"

    @pytest.mark.parametrize(
        "refusal",
        [
            error(501, "API not implemented", "one_api_error", "api_not_implemented"),
            error(503, "channel not implemented", "czloapi_error", "channel_error"),
            reply(404, {"error": {"message": "Invalid URL (POST /v1/images/edits)"}}),
            reply(200, b"<!doctype html>", content_type="text/html"),
        ],
    )
    def test_a_service_that_cant_draw_is_told_as_such(
        self, media: Any, server: FaultServer, refusal: Script
    ) -> None:
        server.will(refusal)

        with pytest.raises(ModelError) as caught:
            media().pictures.draw("a cat", pictures=(PHOTO,))

        assert caught.value.kind == "task_unsupported"

    def test_an_error_with_status_200_is_one(self, media: Any, server: FaultServer) -> None:
        server.will(reply(200, {"error": {"message": "user quota is not enough"}}))

        with pytest.raises(ModelError) as caught:
            media().pictures.draw("a cat")

        assert caught.value.kind == "account_empty"


class TestTranscription:
    def test_feishus_voice_goes_as_ogg_whatever_its_name_was(
        self, media: Any, server: FaultServer
    ) -> None:
        server.will(reply(200, {"text": " 你好 "}))

        transcript = media().transcription.transcribe(OPUS, language="zh")

        fields, files = form_of(server.requests[0])
        assert server.requests[0].path == "/v1/audio/transcriptions"
        assert fields == {"model": "hear-1", "language": "zh"}
        assert files == [("file", "voice.ogg", "audio/ogg", OPUS)]
        assert (transcript.text, transcript.model) == ("你好", "hear-1")

    @pytest.mark.parametrize(
        ("data", "name"),
        [
            (b"ID3\x04", "voice.mp3"),
            (b"RIFF\0\0\0\0WAVEfmt ", "voice.wav"),
            (b"\0\0\0\x20ftypM4A ", "voice.m4a"),
            (b"fLaC", "voice.flac"),
            (b"?", "voice.ogg"),
        ],
    )
    def test_other_recordings_are_named_by_their_bytes(
        self, media: Any, server: FaultServer, data: bytes, name: str
    ) -> None:
        server.will(reply(200, {"text": "x"}))

        media().transcription.transcribe(data)

        assert form_of(server.requests[0])[1][0][1] == name

    @pytest.mark.parametrize(
        ("answer", "text"),
        [
            (reply(200, {"text": "", "usage": {"seconds": 3}}), ""),
            (reply(200, b"plain words\n", content_type="text/plain"), "plain words"),
            (reply(200, b"42", content_type="text/plain"), "42"),
            (reply(200, b'"quoted"'), "quoted"),
            (reply(200, b"", content_type="text/plain"), ""),
        ],
    )
    def test_the_words_are_read_in_each_shape(
        self, media: Any, server: FaultServer, answer: Script, text: str
    ) -> None:
        server.will(answer)

        assert media().transcription.transcribe(OPUS).text == text

    def test_it_is_asked_again_after_a_passing_failure(
        self, media: Any, server: FaultServer
    ) -> None:
        server.will(error(503, "overloaded"), hang_up, reply(200, {"text": "x"}))

        assert media().transcription.transcribe(OPUS).text == "x"

    def test_a_language_that_is_refused_is_left_out(self, media: Any, server: FaultServer) -> None:
        server.will(error(400, "Invalid language 'zh-CN'"), reply(200, {"text": "x"}))

        media().transcription.transcribe(OPUS, language="zh-CN")

        assert form_of(server.requests[1])[0] == {"model": "hear-1"}

    def test_an_answer_of_another_kind_is_none(self, media: Any, server: FaultServer) -> None:
        server.will(reply(200, {"choices": []}))

        with pytest.raises(ModelError) as caught:
            media().transcription.transcribe(OPUS)

        assert caught.value.kind == "task_unsupported"


class TestSpeech:
    def test_opus_is_asked_for_and_its_length_is_told(
        self, media: Any, server: FaultServer
    ) -> None:
        server.will(reply(200, OPUS, content_type="audio/ogg"))

        speech = media().speech.speak("Hello")

        assert server.requests[0].path == "/v1/audio/speech"
        assert server.requests[0].body == {
            "model": "speak-1",
            "input": "Hello",
            "voice": "alloy",
            "response_format": "opus",
        }
        assert (speech.data, speech.format, speech.milliseconds) == (OPUS, "opus", 2000)

    def test_the_bytes_decide_what_came(self, media: Any, server: FaultServer) -> None:
        server.will(reply(200, b"ID3mp3 data", content_type="audio/ogg"))

        speech = media().speech.speak("Hello", voice="nova")

        assert server.requests[0].body["voice"] == "nova"
        assert (speech.format, speech.milliseconds) == ("mp3", 0)

    @pytest.mark.parametrize("body", [b"", b'{"data": []}'])
    def test_no_recording_is_told_as_such(
        self, media: Any, server: FaultServer, body: bytes
    ) -> None:
        server.will(reply(200, body))

        with pytest.raises(ModelError) as caught:
            media().speech.speak("Hello")

        assert caught.value.kind == "task_unsupported"

    def test_a_format_that_is_refused_is_left_out(self, media: Any, server: FaultServer) -> None:
        server.will(error(400, "response_format opus is not supported"), reply(200, b"ID3"))

        assert media().speech.speak("Hello").format == "mp3"


def listing(*names: str) -> Script:
    return reply(200, {"object": "list", "data": [{"id": name} for name in names]})


class TestModels:
    @pytest.mark.parametrize(
        ("offered", "chosen"),
        [
            (["gpt-image-1", "gpt-4o", "gpt-image-2-2026-04-21"], "gpt-image-2-2026-04-21"),
            (["openai/gpt-image-2", "dall-e-3"], "openai/gpt-image-2"),
            (["doubao-seedream-4-5-251128", "gpt-image-1"], "doubao-seedream-4-5-251128"),
            (["gpt-4o", "DALL-E-3"], "DALL-E-3"),
        ],
    )
    def test_the_first_known_model_on_offer_draws(
        self, media: Any, server: FaultServer, offered: list[str], chosen: str
    ) -> None:
        server.will(listing(*offered))

        assert media(MediaSettings()).pictures.model() == chosen

    @pytest.mark.parametrize(
        ("ask", "kind"),
        [
            (lambda media: media.pictures.draw("a cat"), "picture_model_unset"),
            (lambda media: media.transcription.transcribe(OPUS), "transcription_model_unset"),
            (lambda media: media.speech.speak("Hello"), "speech_model_unset"),
        ],
    )
    def test_without_a_known_model_the_setting_is_named(
        self, media: Any, server: FaultServer, ask: Callable[[Any], Any], kind: str
    ) -> None:
        server.will(listing("gpt-4o", "my-own-model"))

        with pytest.raises(ModelError) as caught:
            ask(media(MediaSettings()))

        assert caught.value.kind == kind

    def test_each_list_names_a_model_once(self) -> None:
        for names in (PICTURE_MODELS, TRANSCRIPTION_MODELS, SPEECH_MODELS):
            assert len(set(names)) == len(names)
