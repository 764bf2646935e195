"""The simulated gateway sees, draws, hears and speaks, and tells the truth about it."""

from __future__ import annotations

import base64
import io
import random
import struct

import openai
import pytest
from PIL import Image

from feishu_simulator.drawn_sizes import drawn_size
from feishu_simulator.jpeg_blocks import colours
from feishu_simulator.ogg_voice import milliseconds_of, ogg_opus
from feishu_simulator.picture_colours import NAMES, main_colours, name_of
from feishu_simulator.picture_sizes import picture_facts
from feishu_simulator.png_pixels import pixels
from feishu_simulator.script import Script

RED, BLUE, WHITE = (220, 40, 40), (50, 110, 250), (255, 255, 255)


def picture(*stripes, kind="PNG", size=(60, 40), mode="RGB", **options):
    """Stripes from top to bottom."""
    image = Image.new("RGB", size)
    height = size[1] // len(stripes)
    for number, colour in enumerate(stripes):
        image.paste(colour, (0, number * height, size[0], size[1]))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def data_url(data, mime="image/png"):
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def ask(gateway, *parts, model="gpt-4-0613", before=()):
    messages = [*before, {"role": "user", "content": list(parts)}]
    return gateway.chat.completions.create(model=model, messages=messages)


def shown(data, mime="image/png"):
    return {"type": "image_url", "image_url": {"url": data_url(data, mime)}}


def words(text):
    return {"type": "text", "text": text}


class TestSight:
    def test_the_model_tells_size_and_colours(self, gateway):
        jpeg = picture(BLUE, BLUE, WHITE, kind="JPEG", size=(120, 90))
        answer = ask(gateway, words("这是什么？"), shown(picture(RED)), shown(jpeg, "image/jpeg"))

        text = answer.choices[0].message.content
        assert "我看到 2 张图片" in text
        assert "PNG，60 × 40 像素，主要颜色：红色" in text
        assert "JPEG，120 × 90 像素，主要颜色：蓝色、白色" in text
        assert "> 这是什么？" in text

    def test_in_english_and_with_a_picture_from_before(self, gateway):
        before = [
            {"role": "user", "content": [shown(picture(RED))]},
            {"role": "assistant", "content": "A red one."},
        ]
        answer = ask(gateway, words("And this?"), shown(picture(BLUE)), before=before)

        text = answer.choices[0].message.content
        assert "1. PNG, 60 × 40 pixels, main colours: red (sent before)" in text
        assert "2. PNG, 60 × 40 pixels, main colours: blue\n" in text

    @pytest.mark.parametrize("url", ["data:image/png;base64,!!", "https://example.com/a.png"])
    def test_what_doesnt_open_is_told_as_such(self, gateway, url):
        part = {"type": "image_url", "image_url": {"url": url}}

        assert "打不开" in ask(gateway, part).choices[0].message.content

    def test_a_blind_model_refuses_pictures_and_nothing_else(self, sim, gateway):
        with pytest.raises(openai.BadRequestError, match="only supported by certain models"):
            ask(gateway, words("?"), shown(picture(RED)), model="gpt-x-blind")

        told = [{"role": "user", "content": "hello"}]
        answer = gateway.chat.completions.create(model="gpt-x-blind", messages=told)
        assert "hello" in answer.choices[0].message.content

    @pytest.mark.parametrize("english", NAMES)
    def test_each_colour_has_its_own_name(self, english):
        assert name_of(NAMES[english][1]) == english

    @pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P"])
    def test_colours_of_png_are_those_that_pillow_sees(self, mode):
        data = picture((10, 20, 30), (200, 210, 220), (90, 90, 90), mode=mode, size=(31, 30))
        with Image.open(io.BytesIO(data)) as opened:
            assert set(pixels(data)) == set(opened.convert("RGB").get_flattened_data())

    def test_every_filter_of_png_is_undone(self):
        noise = random.Random(1)
        image = Image.new("RGB", (40, 40))
        image.putdata([(x * 5, y * 5, noise.randrange(256)) for y in range(40) for x in range(40)])
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=True)

        assert pixels(buffer.getvalue()) == list(image.get_flattened_data())

    @pytest.mark.parametrize(
        "options",
        [
            {"subsampling": 0},
            {"subsampling": 2},
            {"progressive": True},
            {"optimize": True, "quality": 60},
            {"restart_marker_blocks": 2},
            {"quality": 100, "subsampling": 1},
        ],
    )
    def test_blocks_of_jpeg_have_the_colours_that_pillow_sees(self, options):
        noise = random.Random(2)
        image = Image.new("RGB", (64, 48))
        for left in range(0, 64, 16):
            for top in range(0, 48, 16):
                colour = tuple(noise.randrange(256) for _ in "rgb")
                image.paste(colour, (left, top, left + 16, top + 16))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", **options)

        found = colours(buffer.getvalue())

        with Image.open(buffer) as opened:
            width = 64 * 48 // len(found) // (8 if options.get("subsampling") in (0, 1) else 16)
            seen = opened.convert("RGB")
            high = 8 if options.get("subsampling") in (0, 1) else 16
            for number, colour in enumerate(found):
                top, left = divmod(number * width, 64)
                pixel = seen.getpixel((left + width // 2, top * high + high // 2))
                assert max(abs(a - b) for a, b in zip(colour, pixel, strict=True)) < 12

    def test_a_grey_jpeg_is_grey(self):
        assert main_colours(picture((128, 128, 128), kind="JPEG", mode="L")) == ["grey"]

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_a_broken_picture_has_no_colours_and_breaks_nothing(self, kind):
        whole = picture(RED, BLUE, kind=kind)
        for end in range(0, len(whole), 7):
            assert set(main_colours(whole[:end])) <= set(NAMES)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
    def test_sizes_are_read_from_every_format(self, kind):
        facts = picture_facts(picture(RED, kind=kind, size=(70, 50)))

        assert (facts.width, facts.height) == (70, 50)

    def test_sizes_of_every_webp(self):
        lossless = picture_facts(picture(RED, kind="WEBP", lossless=True, size=(70, 50)))
        animated = picture_facts(picture(RED, kind="WEBP", exif=b"x" * 10, size=(70, 50)))

        assert (lossless.width, lossless.height) == (animated.width, animated.height) == (70, 50)


class TestPictures:
    def test_a_picture_has_the_size_and_colours_that_were_asked_for(self, gateway):
        made = gateway.images.generate(model="gpt-image-2", prompt="a red kite", size="64x32", n=2)

        assert len(made.data) == 2
        data = base64.b64decode(made.data[0].b64_json)
        with Image.open(io.BytesIO(data)) as opened:
            assert opened.size == (64, 32)
            assert opened.getpixel((0, 0)) == RED
        assert made.usage.total_tokens > 0

    def test_an_edit_has_the_colours_of_what_was_given(self, sim, gateway):
        given = [("a.png", picture(BLUE)), ("b.png", picture(WHITE))]
        made = gateway.images.edit(model="gpt-image-2", prompt="红色的天空", image=given)

        data = base64.b64decode(made.data[0].b64_json)
        assert set(main_colours(data)) == {"red", "blue", "white"}
        (request,) = sim.gateway.media.requests
        assert [file.name for file in request.files] == ["a.png", "b.png"]

    def test_a_picture_may_come_by_its_address(self, sim, gateway, http):
        sim.gateway.media.gives_addresses = True

        made = gateway.images.generate(model="gpt-image-2", prompt="a blue sea", size="64x64")

        assert made.data[0].b64_json is None
        found = http.get(made.data[0].url)
        assert found.headers["content-type"] == "image/png"
        assert main_colours(found.content) == ["blue"]

    def test_seedream_edits_where_it_draws(self, gateway):
        made = gateway.images.generate(
            model="doubao-seedream-4-5",
            prompt="红色",
            size="1K",
            extra_body={"image": [data_url(picture(BLUE))]},
        )

        assert set(main_colours(base64.b64decode(made.data[0].b64_json))) == {"red", "blue"}

    def test_seedream_has_no_edits(self, gateway):
        with pytest.raises(openai.NotFoundError):
            gateway.images.edit(model="doubao-seedream-4-5", prompt="x", image=picture(BLUE))

    @pytest.mark.parametrize(
        ("model", "size", "drawn"),
        [
            ("gpt-image-2", "", (1024, 1024)),
            ("gpt-image-2", "1280x720", (1280, 720)),
            ("gpt-image-2", "1000x1000", None),
            ("gpt-image-2", "1024x256", None),
            ("gpt-image-2", "4096x2048", None),
            ("gpt-image-1.5", "1536x1024", (1536, 1024)),
            ("gpt-image-1.5", "1280x720", None),
            ("dall-e-3", "1792x1024", (1792, 1024)),
            ("dall-e-3", "1536x1024", None),
            ("doubao-seedream-4-5", "auto", (2048, 2048)),
            ("doubao-seedream-4-5", "4K", (4096, 4096)),
            ("doubao-seedream-4-5", "1024x1024", None),
            ("qwen-image", "1328x1328", (1328, 1328)),
            ("qwen-image", "4K", None),
        ],
    )
    def test_each_family_draws_in_its_own_sizes(self, model, size, drawn):
        assert drawn_size(model, size) == drawn

    @pytest.mark.parametrize("prompt", ["一个血腥的场面", "a scene of violence"])
    def test_what_the_filter_finds_is_refused_as_real_services_refuse_it(self, gateway, prompt):
        with pytest.raises(openai.BadRequestError, match="safety system") as caught:
            gateway.images.generate(model="gpt-image-2", prompt=prompt)
        assert caught.value.code == "moderation_blocked"

    @pytest.mark.parametrize("field", ["response_format", "style"])
    def test_fields_of_older_models_are_unknown_to_newer_ones(self, gateway, field):
        with pytest.raises(openai.BadRequestError, match="Unknown parameter"):
            gateway.images.generate(model="gpt-image-2", prompt="x", extra_body={field: "url"})

    @pytest.mark.parametrize("wrong", [{"size": "9"}, {"n": 99}, {"prompt": ""}, {"model": ""}])
    def test_what_isnt_possible_is_refused(self, gateway, wrong):
        asked = {"model": "gpt-image-2", "prompt": "x", "size": "64x64"} | wrong

        with pytest.raises(openai.BadRequestError):
            gateway.images.generate(**asked)

    def test_seventeen_pictures_are_too_many(self, gateway):
        given = [(f"{n}.png", picture(RED)) for n in range(17)]

        with pytest.raises(openai.BadRequestError, match="at most 16"):
            gateway.images.edit(model="gpt-image-2", prompt="x", image=given)

    def test_a_failure_is_played_when_asked_for(self, sim, gateway):
        refusal = Script.answer(400, {"error": {"message": "safety system"}})
        sim.gateway.media.enqueue("/images/generations", refusal)

        with pytest.raises(openai.BadRequestError, match="safety system"):
            gateway.images.generate(model="gpt-image-2", prompt="x", size="64x64")
        assert gateway.images.generate(model="gpt-image-2", prompt="x", size="64x64").data


class TestVoice:
    @pytest.mark.parametrize("milliseconds", [0, 1, 19, 500, 2_340, 61_000])
    def test_a_recording_is_as_long_as_it_says(self, milliseconds):
        assert milliseconds_of(ogg_opus(milliseconds)) == milliseconds

    def test_every_page_of_a_recording_is_sound(self):
        data, at, number, packets = ogg_opus(3_000), 0, 0, 0
        while at < len(data):
            assert data[at : at + 4] == b"OggS"
            assert struct.unpack_from("<I", data, at + 18) == (number,)
            segments = data[at + 27 : at + 27 + data[at + 26]]
            packets += len(segments)
            at += 27 + len(segments) + sum(segments)
            number += 1
        # Head, tags, and as much silence as has room for what is heard and what is not.
        assert packets == 2 + 151

    def test_speech_is_opus_and_as_long_as_its_text(self, gateway):
        def spoken(text):
            reply = gateway.audio.speech.create(
                model="tts-1", voice="alloy", input=text, response_format="opus"
            )
            return milliseconds_of(reply.content)

        assert spoken("你好，世界，今天天气很好") == 200 * 10 + 60 * 2
        assert spoken("Hi") == 500

    def test_a_transcript_tells_how_long_the_recording_is(self, gateway):
        def heard(name, **more):
            file = (name, ogg_opus(2_340), "audio/ogg")
            return gateway.audio.transcriptions.create(model="whisper-1", file=file, **more).text

        assert heard("voice.ogg") == "这是一段 2.3 秒的语音。"
        assert heard("voice.ogg", language="en") == "This is a recording of 2.3 seconds."
        with pytest.raises(openai.BadRequestError, match="Unsupported file format opus"):
            heard("voice.opus")

    def test_what_is_no_recording_is_refused(self, gateway):
        file = ("voice.ogg", b"no recording", "audio/ogg")

        with pytest.raises(openai.BadRequestError, match="corrupted"):
            gateway.audio.transcriptions.create(model="whisper-1", file=file)

    def test_a_test_may_say_what_is_heard(self, sim, gateway):
        sim.gateway.media.heard = lambda voice: f"{len(voice.data)} bytes"
        data = ogg_opus(100)

        file = ("voice.ogg", data, "audio/ogg")
        transcript = gateway.audio.transcriptions.create(model="whisper-1", file=file)
        assert transcript.text == f"{len(data)} bytes"

    @pytest.mark.parametrize(
        "wrong", [{"input": ""}, {"input": "长" * 1366}, {"response_format": "mp3"}, {"voice": ""}]
    )
    def test_speech_that_isnt_possible_is_refused(self, gateway, wrong):
        asked = {"model": "tts-1", "voice": "alloy", "input": "x", "response_format": "opus"}

        with pytest.raises(openai.BadRequestError):
            gateway.audio.speech.create(**(asked | wrong))


def test_without_a_key_nothing_is_made(sim, http):
    for route in ("images/generations", "images/edits", "audio/speech", "audio/transcriptions"):
        assert http.post(f"{sim.gateway.url}/v1/{route}", json={"model": "x"}).status_code == 401
