"""A tenant without the app, a person with a phone, and a set-up that asks them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lark_oapi.core.http import Transport

from feishu_bot.core.languages import Words
from feishu_bot.setup.dialogue import NobodyToAsk, Question, State
from feishu_bot.setup.doorway import Doorway, listen
from feishu_bot.setup.flow import Setup
from feishu_bot.setup.progress import Options, Progress
from feishu_simulator import Credentials, Simulator

BORN = Credentials(encrypt_key="", verification_token="")


class Phone:
    """Somebody at the set-up: scans what is shown, and answers by the name of the question."""

    def __init__(self, scan: Callable[[str], None], **answers: Any) -> None:
        self.scan = scan
        self.answers = {
            name: [one] if isinstance(one, str) else list(one) for name, one in answers.items()
        }
        self.told: list[tuple[State, Words, str]] = []
        self.steps: list[str] = []
        self.links: list[str] = []
        self.asked: list[str] = []
        self.waited = 0.0
        self.gives_up = False
        self.on_wait: Callable[[], None] = lambda: None

    def step(self, name: str, title: Words) -> None:
        self.steps.append(name)

    def tell(self, state: State, text: Words, link: str = "") -> None:
        self.told.append((state, text, link))

    def show_link(self, url: str) -> None:
        self.links.append(url)
        self.scan(url)

    def hide_link(self) -> None:
        pass

    def ask(self, question: Question) -> str:
        self.asked.append(question.name)
        left = self.answers.get(question.name, [])
        if not left:
            raise NobodyToAsk(question.option or question.name)
        return left.pop(0)

    def wait(self, seconds: float) -> bool:
        self.waited += seconds
        self.on_wait()
        return self.gives_up

    @property
    def english(self) -> str:
        """All that was said in English, and the links."""
        return "\n".join(f"{state} {text.en} {link}" for state, text, link in self.told)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Tenant:
    """A company in which nobody has made the app yet."""

    def __init__(self, sim: Simulator, folder: Path) -> None:
        self.sim, self.feishu, self.app = sim, sim.feishu, sim.feishu.app
        self.folder = folder
        self.owner = self.feishu.add_person("林晓")
        self.app.forget()
        self.port = free_port()
        self.public_url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "FEISHU_DOMAIN": sim.feishu.url,
            "DATABASE_URL": f"sqlite:///{folder}/feishu_bot.db",
            "HTTP_PORT": str(self.port),
            "BIND": "127.0.0.1",
        }
        self.options: dict[str, Any] = {
            "api_url": sim.gateway.url,
            "openai_key": sim.gateway.keys[0],
            "model": sim.gateway.models[0],
            "poll_seconds": 0.0,
            "follow_seconds": 0.0,
        }
        self.doorway = Doorway()
        self.phone = Phone(self.scan)

    def scan(self, link: str) -> None:
        self.feishu.registration.scan(link, self.owner)

    @property
    def progress(self) -> Progress:
        return Progress(self.environ, self.folder)

    @property
    def saved(self) -> dict[str, str]:
        return self.progress.file.read()

    def set_up(self, **options: Any) -> str:
        """One run; its outcome."""
        chosen = Options(**{**self.options, **options})
        flow = Setup(
            self.progress, self.phone, chosen, self.doorway,
            lambda host, port: listen(self.doorway, host, port),
        )  # fmt: skip
        return flow.run()


@pytest.fixture
def tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    # The check of the bot puts its own transport in the SDK's place.
    monkeypatch.setattr(Transport, "execute", Transport.execute)
    with Simulator(BORN) as sim:
        sim.gateway.first = sim.gateway.between = 0.0
        sim.feishu.registration.interval = 0.01
        yield Tenant(sim, tmp_path)


@pytest.fixture
def lark(tenant: Tenant) -> Iterator[Simulator]:
    """The other brand, where the owner has their account."""
    with Simulator(BORN) as sim:
        sim.feishu.app.brand = "lark"
        sim.feishu.app.forget()
        tenant.owner = sim.feishu.add_person("Ann")
        tenant.feishu.registration.lark = sim.feishu.registration
        tenant.options["lark_domain"] = sim.feishu.url
        # Where it goes is for the set-up to write.
        domain = tenant.environ.pop("FEISHU_DOMAIN")
        (tenant.folder / ".env").write_text(f"FEISHU_DOMAIN={domain}\n")
        yield sim
