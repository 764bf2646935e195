"""What is in messages comes down whole, and never more of it than was asked for."""

from __future__ import annotations

import socket
import threading
import tracemalloc

import pytest

from feishu_bot.core.messages import Attachment
from feishu_bot.errors import FeishuError, FeishuUnavailable, MediaError, PermissionMissing
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.attachment_reader import FeishuAttachmentReader
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_simulator import api_resources, png_pixels
from tests.samples import counted

MB = 1_000_000
PNG = png_pixels.encode(4, 3, [(200, 30, 30)])
RESOURCE = "GET /im/v1/messages/:message_id/resources/:file_key"


@pytest.fixture
def alice(sim):
    return sim.feishu.add_person("Alice")


@pytest.fixture
def chat(sim, alice):
    return sim.feishu.private_chat(alice)


@pytest.fixture
def send_file(sim, alice, chat):
    """Sends a file as Alice; its message and what the bot knows of it."""

    def send(data, name="a.bin", mime="application/octet-stream", chat=chat):
        key = sim.feishu.add_file(data, name, mime)
        content = {"file_key": key, "file_name": name}
        return sim.feishu.send(chat, alice, "file", content), Attachment("file", key, name)

    return send


@pytest.fixture
def send_picture(sim, alice, chat):
    """Sends a picture as Alice."""

    def send(data, chat=chat):
        key = sim.feishu.add_image(data)
        message = sim.feishu.send(chat, alice, "image", {"image_key": key})
        return message, Attachment("image", key)

    return send


@pytest.fixture
def reader(client):
    return FeishuAttachmentReader(client, Pacer(), patience=0.0)


def calls(sim):
    """The message ids that downloads were asked for with."""
    return [call.path.split("/")[5] for call in sim.feishu.calls if call.api == "resource.get"]


def test_a_picture_a_file_and_a_recording_come_as_they_were_sent(
    sim, alice, chat, reader, send_file, send_picture
):
    picture, shown = send_picture(b"\x89PNG picture")
    file, attached = send_file(b"\x00\xff file" * 1000)
    key = sim.feishu.add_file(b"OggS voice", "voice", "audio/ogg")
    voice = sim.feishu.send(chat, alice, "audio", {"file_key": key, "duration": 900})

    assert reader.fetch(picture.message_id, shown, most=MB) == b"\x89PNG picture"
    assert reader.fetch(file.message_id, attached, most=MB) == b"\x00\xff file" * 1000
    spoken = Attachment("audio", key)
    assert reader.fetch(voice.message_id, spoken, most=MB) == b"OggS voice"


@pytest.mark.parametrize("mime", ["application/json", "text/html; charset=utf-8", "image/png"])
@pytest.mark.parametrize("data", [b'{"code": 234003, "msg": "x"}', b"<html>", b"{broken"])
def test_neither_the_type_nor_the_words_of_a_file_make_it_an_answer_of_the_api(
    reader, send_file, data, mime
):
    message, attached = send_file(data, "notes.json", mime)

    assert reader.fetch(message.message_id, attached, most=MB) == data


def test_a_file_may_have_as_many_bytes_as_are_allowed_and_no_more(reader, send_file):
    message, attached = send_file(b"x" * MB)

    assert len(reader.fetch(message.message_id, attached, most=MB)) == MB
    with pytest.raises(MediaError) as caught:
        reader.fetch(message.message_id, attached, most=MB - 1)
    assert caught.value.kind == "media_too_large"


def test_a_small_limit_holds_too(reader, send_file):
    message, attached = send_file(b"x" * 100)

    with pytest.raises(MediaError, match="media_too_large"):
        reader.fetch(message.message_id, attached, most=99)


def test_of_a_file_of_unknown_length_no_more_is_read_than_allowed(sim, reader, send_file):
    sim.feishu.quirks.resource_seconds = 0.001
    message, attached = send_file(b"x" * 20 * MB)
    tracemalloc.start()
    with pytest.raises(MediaError, match="media_too_large"):
        reader.fetch(message.message_id, attached, most=MB)
    # The simulator in this process has a piece of the file; the bot has what it read.
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * MB
    sim.feishu.quirks.resource_seconds = 0.0
    assert len(reader.fetch(message.message_id, attached, most=20 * MB)) == 20 * MB


def test_a_file_of_unknown_length_comes_whole(sim, reader, send_file):
    sim.feishu.quirks.resource_seconds = 0.01
    message, attached = send_file(bytes(range(256)) * 1000)

    assert reader.fetch(message.message_id, attached, most=MB) == bytes(range(256)) * 1000


def test_a_download_ends_when_its_time_is_over(sim, client, send_file):
    sim.feishu.quirks.resource_seconds = 30.0
    message, attached = send_file(b"x" * 1000)
    reader = FeishuAttachmentReader(client, Pacer(), timeout=0.5, patience=0.0)

    with pytest.raises(MediaError, match="takes too long") as caught:
        reader.fetch(message.message_id, attached, most=MB)
    assert caught.value.kind == "media_unavailable"


def test_connections_of_downloads_are_reused(sim, reader, send_file):
    message, attached = send_file(b"x" * 100_000)
    for _ in range(5):
        reader.fetch(message.message_id, attached, most=MB)

    assert sim.feishu_connections == 1


def test_a_large_file_that_was_refused_leaves_no_connection_in_disorder(sim, reader, send_file):
    large, attached = send_file(b"x" * 5 * MB)
    small, other = send_file(b"small")
    with pytest.raises(MediaError):
        reader.fetch(large.message_id, attached, most=MB)

    assert reader.fetch(small.message_id, other, most=MB) == b"small"


def test_without_the_scope_the_missing_one_is_named(sim, client, reader, send_file):
    message, attached = send_file(b"x")
    sim.feishu.withdraw("im:message", "im:message:readonly")
    # It lets the bot upload; for downloads it isn't enough, whatever its name says.
    sim.feishu.grant("im:resource")

    with pytest.raises(PermissionMissing, match="im:message:readonly"):
        client.resources.download(message.message_id, attached.key, kind="file", most=MB)
    with pytest.raises(MediaError) as caught:
        reader.fetch(message.message_id, attached, most=MB)
    assert (caught.value.kind, caught.value.detail) == (
        "media_scope_missing",
        "im:message:readonly",
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (234037, "media_too_large"),
        (234038, "media_forbidden"),
        (234001, "media_not_given"),
        (234003, "media_not_given"),
        (234043, "media_not_given"),
        (230110, "media_gone"),
        (234004, "media_gone"),
        (99991672, "media_scope_missing"),
        (2200, "media_unavailable"),
        (99991400, "media_unavailable"),
    ],
)
def test_what_feishu_refuses_has_a_kind(sim, reader, send_file, code, kind):
    message, attached = send_file(b"x")
    sim.feishu.faults.fail("resource.get", times=3, code=code)

    with pytest.raises(MediaError) as caught:
        reader.fetch(message.message_id, attached, most=MB)
    assert caught.value.kind == kind


def test_a_recalled_message_gives_nothing_out(sim, reader, send_file):
    message, attached = send_file(b"x")
    sim.feishu.recall(message)

    with pytest.raises(MediaError, match="media_gone"):
        reader.fetch(message.message_id, attached, most=MB)


def test_a_restricted_chat_gives_nothing_out(sim, reader, chat, send_file):
    message, attached = send_file(b"x")
    chat.is_restricted = True

    with pytest.raises(MediaError, match="media_forbidden"):
        reader.fetch(message.message_id, attached, most=MB)


def test_what_is_beyond_feishus_own_limit_is_too_large(reader, send_file, monkeypatch):
    monkeypatch.setattr(api_resources, "LARGEST_DOWNLOAD", 10)
    message, attached = send_file(b"x" * 11)

    with pytest.raises(MediaError, match="media_too_large"):
        reader.fetch(message.message_id, attached, most=MB)


def test_an_empty_file_is_told_as_such(reader, send_file):
    message, attached = send_file(b"")

    with pytest.raises(MediaError, match="media_empty"):
        reader.fetch(message.message_id, attached, most=MB)


@pytest.fixture
def elsewhere(sim, alice):
    """A group without the bot."""
    group = sim.feishu.add_group("Others", [alice])
    group.has_bot = False
    return group


def test_what_is_forwarded_comes_by_the_id_of_the_outermost_forward(
    sim, alice, chat, elsewhere, reader, send_picture
):
    picture, shown = send_picture(b"\x89PNG", chat=elsewhere)
    inner = sim.feishu.forward(elsewhere, alice, [picture])
    outer = sim.feishu.forward(chat, alice, [inner])

    data = reader.fetch(outer.message_id, shown, most=MB, inner_id=picture.message_id)

    assert data == b"\x89PNG"
    assert calls(sim) == [outer.message_id]


def test_where_forwards_give_nothing_the_inner_message_is_asked_once(
    sim, alice, chat, reader, send_picture
):
    sim.feishu.quirks.forwards_give_nothing = True
    picture, shown = send_picture(b"\x89PNG")
    forward = sim.feishu.forward(chat, alice, [picture])

    data = reader.fetch(forward.message_id, shown, most=MB, inner_id=picture.message_id)

    assert data == b"\x89PNG"
    assert calls(sim) == [forward.message_id, picture.message_id]


def test_what_neither_id_gives_out_is_not_given(sim, alice, chat, elsewhere, reader, send_picture):
    sim.feishu.quirks.forwards_give_nothing = True
    picture, shown = send_picture(b"\x89PNG", chat=elsewhere)
    forward = sim.feishu.forward(chat, alice, [picture])

    with pytest.raises(MediaError, match="media_not_given"):
        reader.fetch(forward.message_id, shown, most=MB, inner_id=picture.message_id)
    assert len(calls(sim)) == 2


def test_another_refusal_is_no_reason_to_ask_the_inner_message(sim, alice, chat, reader):
    sim.feishu.faults.fail("resource.get", times=1, code=234038)

    with pytest.raises(MediaError, match="media_forbidden"):
        reader.fetch("om_1", Attachment("image", "img_1"), most=MB, inner_id="om_2")
    assert calls(sim) == ["om_1"]


def test_the_bots_own_picture_comes_back_without_a_message(sim, client, reader):
    key = client.resources.upload_picture(PNG)

    assert reader.fetch("", Attachment("image", key), most=MB) == PNG
    assert sim.feishu.calls[-1].api == "image.get"


def test_the_bots_own_picture_has_its_limit_too(client, reader):
    key = client.resources.upload_picture(PNG)

    with pytest.raises(MediaError) as caught:
        reader.fetch("", Attachment("image", key), most=len(PNG) - 1)

    assert caught.value.kind == "media_too_large"


def test_a_picture_of_somebody_else_is_not_given_as_the_bots_own(reader, send_picture):
    _, shown = send_picture(PNG)

    with pytest.raises(MediaError) as caught:
        reader.fetch("", shown, most=MB)

    assert caught.value.kind == "media_not_given"


def test_a_rate_limit_is_waited_for(sim, client, send_file):
    message, attached = send_file(b"x")
    headers = {"x-ogw-ratelimit-reset": "0"}
    sim.feishu.faults.fail("resource.get", times=1, status=429, code=99991400, headers=headers)
    reader = FeishuAttachmentReader(client, Pacer())

    assert reader.fetch(message.message_id, attached, most=MB) == b"x"
    assert len(calls(sim)) == 2


def test_a_token_that_is_refused_is_fetched_again(sim, client, reader, send_file):
    message, attached = send_file(b"x")
    client.check()
    sim.feishu.revoke_tokens()

    assert reader.fetch(message.message_id, attached, most=MB) == b"x"


def test_downloads_are_counted_by_their_path_without_ids(sim, client, send_file):
    message, attached = send_file(b"x")
    with (
        counted("feishu_bot_feishu_calls_total", api=RESOURCE) as all_calls,
        counted("feishu_bot_feishu_errors_total", api=RESOURCE, code="234003") as errors,
    ):
        client.resources.download(message.message_id, attached.key, kind="file", most=MB)
        with pytest.raises(FeishuError):
            client.resources.download(message.message_id, "file_no", kind="file", most=MB)

    assert (all_calls, errors) == ([2], [1])


@pytest.fixture
def answering(pooled, sim, monkeypatch):
    """A client whose downloads are answered with these bytes, which the connection ends."""
    servers = []

    def start(*answers):
        listener = socket.create_server(("127.0.0.1", 0))
        servers.append(listener)

        def serve():
            for answer in answers:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = FeishuClient(app_id="cli_1", app_secret="secret", domain=url)
        monkeypatch.setattr(client._token, "get", lambda: "t-1")
        client.resources._with_token = lambda _, send: send("t-1")
        return client.resources

    yield start
    for server in servers:
        server.close()


def response(head, body=b"", status="200 OK"):
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{head}\r\n\r\n".encode() + body


def test_a_page_of_something_in_between_is_no_file(answering):
    page = response("Content-Type: text/html\r\nContent-Length: 6", b"<html>")
    calls = answering(page)

    with pytest.raises(FeishuUnavailable):
        calls.download("om_1", "file_1", kind="file", most=MB)


def test_an_error_with_status_200_is_an_error(answering):
    calls = answering(
        response("Content-Type: application/json", b'{"code":234038,"msg":"restricted"}')
    )

    with pytest.raises(FeishuError) as caught:
        calls.download("om_1", "file_1", kind="file", most=MB)
    assert caught.value.code == 234038


def test_a_file_without_a_name_is_a_file(answering):
    calls = answering(response("Content-Type: application/octet-stream", b"\x89PNG"))

    assert calls.download("om_1", "file_1", kind="file", most=MB) == b"\x89PNG"


def test_a_file_in_chunks_comes_whole(answering):
    chunks = b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    head = "Transfer-Encoding: chunked\r\nContent-Disposition: attachment"
    calls = answering(response(head, chunks))

    assert calls.download("om_1", "file_1", kind="file", most=MB) == b"abcdefg"


def test_a_file_that_breaks_off_is_unavailable(answering):
    head = "Content-Length: 100\r\nContent-Disposition: attachment"
    calls = answering(response(head, b"half"))

    with pytest.raises(FeishuUnavailable):
        calls.download("om_1", "file_1", kind="file", most=MB)


def test_an_archive_is_not_unpacked_on_the_way(answering):
    head = "Content-Encoding: gzip\r\nContent-Disposition: attachment"
    calls = answering(response(head, b"\x1f\x8b packed"))

    assert calls.download("om_1", "file_1", kind="file", most=MB) == b"\x1f\x8b packed"


def test_an_error_of_the_service_is_unavailable_however_long_its_page_is(answering):
    page = b"x" * 200_000
    head = "Content-Type: text/plain"
    calls = answering(response(head, page, "502 Bad Gateway"))

    with pytest.raises(FeishuUnavailable):
        calls.download("om_1", "file_1", kind="file", most=MB)
