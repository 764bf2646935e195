"""A running simulator, the real SDK clients, and a small stand-in for the bot."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import lark_oapi as lark
import openai
import pytest
from lark_oapi.api.cardkit.v1 import (
    ContentCardElementRequest,
    ContentCardElementRequestBody,
    CreateCardRequest,
    CreateCardRequestBody,
    SettingsCardRequest,
    SettingsCardRequestBody,
)
from lark_oapi.api.im.v1 import ReplyMessageRequest, ReplyMessageRequestBody
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from feishu_simulator import Credentials, Simulator
from tests.polling import Clock


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@dataclass
class Bot:
    """Answers every POST with what `answer` says and remembers what came."""

    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes]] = field(
        default=lambda path, headers, body: (200, b"{}")
    )
    url: str = ""

    def app(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = {
            key[5:].replace("_", "-").title(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        }
        self.queries.append(environ.get("QUERY_STRING", ""))
        self.received.append((environ["PATH_INFO"], headers, body))
        status, content = self.answer(environ["PATH_INFO"], headers, body)
        start_response(f"{status} X", [("Content-Length", str(len(content)))])
        return [content]


@pytest.fixture
def bot() -> Iterator[Bot]:
    standin = Bot()
    server: BaseWSGIServer = make_server(
        "127.0.0.1", 0, standin.app, threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    standin.url = f"http://127.0.0.1:{server.port}"
    yield standin
    server.shutdown()
    thread.join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sim(clock: Clock) -> Iterator[Simulator]:
    # The SDK keeps tokens per process by app id: each test is an app of its own.
    with Simulator(Credentials(app_id=f"cli_{uuid.uuid4().hex}"), clock=clock) as simulator:
        simulator.gateway.first = simulator.gateway.between = 0.0
        yield simulator


@pytest.fixture
def client(sim: Simulator) -> lark.Client:
    return (
        lark.Client.builder()
        .app_id(sim.credentials.app_id)
        .app_secret(sim.credentials.app_secret)
        .domain(sim.feishu.url)
        .build()
    )


@pytest.fixture(scope="session")
def http() -> Iterator[Any]:
    """One connection pool for all tests: making it reads the machine's certificates."""
    with openai.DefaultHttpxClient() as client:
        yield client


@pytest.fixture
def gateway(sim: Simulator, http: Any) -> openai.OpenAI:
    return openai.OpenAI(
        api_key=sim.gateway.keys[0],
        base_url=f"{sim.gateway.url}/v1",
        max_retries=0,
        timeout=5,
        http_client=http,
    )


class Writer:
    """The handful of SDK calls the tests repeat."""

    def __init__(self, client: lark.Client) -> None:
        self.client = client

    @staticmethod
    def card(text: str = "…", *elements: Any, **config: Any) -> dict[str, Any]:
        """A streaming card with one text element, and more on wish."""
        answer = {"tag": "markdown", "element_id": "answer", "content": text}
        return {
            "schema": "2.0",
            "config": {"streaming_mode": True, "update_multi": True, **config},
            "body": {"elements": [answer, *elements]},
        }

    def create(self, card: Any) -> Any:
        body = CreateCardRequestBody.builder().type("card_json").data(json.dumps(card)).build()
        request = CreateCardRequest.builder().request_body(body).build()
        return self.client.cardkit.v1.card.create(request)

    def reply(
        self, message_id: str, kind: str, content: Any, *, uuid: str = "", thread: bool = False
    ) -> Any:
        body = ReplyMessageRequestBody.builder().msg_type(kind).content(json.dumps(content))
        body = body.reply_in_thread(thread)
        if uuid:
            body = body.uuid(uuid)
        request = ReplyMessageRequest.builder().message_id(message_id).request_body(body.build())
        return self.client.im.v1.message.reply(request.build())

    def reply_card(self, message_id: str, card_id: str) -> Any:
        reference = {"type": "card", "data": {"card_id": card_id}}
        return self.reply(message_id, "interactive", reference)

    def content(
        self,
        card_id: str,
        text: str,
        sequence: int,
        *,
        uuid: str | None = None,
        element: str = "answer",
    ) -> Any:
        body = ContentCardElementRequestBody.builder().content(text).sequence(sequence)
        if uuid:
            body = body.uuid(uuid)
        request = ContentCardElementRequest.builder().card_id(card_id).element_id(element)
        return self.client.cardkit.v1.card_element.content(
            request.request_body(body.build()).build()
        )

    def settings(self, card_id: str, sequence: int, **config: Any) -> Any:
        text = json.dumps({"config": config})
        body = SettingsCardRequestBody.builder().settings(text).sequence(sequence).build()
        request = SettingsCardRequest.builder().card_id(card_id).request_body(body).build()
        return self.client.cardkit.v1.card.settings(request)


@pytest.fixture
def writer(client: lark.Client) -> Writer:
    return Writer(client)


@pytest.fixture
def held() -> Iterator[Callable[[], None]]:
    """A call that returns when the test is over, or after two seconds."""
    over = threading.Event()
    yield lambda: over.wait(2) and None
    over.set()


@pytest.fixture
def alice(sim: Simulator) -> Any:
    """A person."""
    return sim.feishu.add_person("Alice")


@pytest.fixture
def chat(sim: Simulator, alice: Any) -> Any:
    """Her private chat with the bot."""
    return sim.feishu.private_chat(alice)


@pytest.fixture
def group(sim: Simulator, alice: Any) -> Any:
    """A group with her in it."""
    return sim.feishu.add_group("Team", [alice])
