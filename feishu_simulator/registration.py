"""An app registered by a QR code: the accounts host, and the page behind the code.

A device authorisation: `begin` gives out a link, a person scans and confirms it, `poll` brings the
app. What isn't done yet is told with HTTP 400, as OAuth wants it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from feishu_simulator.developer_app import Brand, DeveloperApp
from feishu_simulator.people import Person
from feishu_simulator.state import PlatformState
from feishu_simulator.subscription import KNOWN_EVENTS

PATH = "/oauth/v1/app/registration"
LINK_SECONDS = 600
POLL_SECONDS = 5
LAUNCHER = "/page/launcher"
# The base that a new app has whatever its addons say ("preset": false).
BASE_SCOPES = frozenset({"application:bot.basic_info:read"})
# Names that the page knows; it ignores all others without a word.
KNOWN_PREFIXES = (
    "im:", "cardkit:", "contact:", "application:", "docx:", "drive:", "wiki:", "calendar:", "task:",
)  # fmt: skip
Answer = tuple[int, Mapping[str, Any] | str]


@dataclass(slots=True)
class Flow:
    """One link, from its beginning to the person's decision."""

    device_code: str = field(repr=False)
    user_code: str
    ends_at: float
    decision: Literal["", "confirmed", "denied"] = ""
    person: Person | None = None
    brand: Brand = "feishu"
    polled_at: float = -1e9
    polls: int = 0
    is_used: bool = False


class Registration:
    """Changed under the platform's lock. `lark` is the accounts host of the other brand.

    `is_forbidden`: the company lets nobody make apps. `pages` are so many polls that a proxy
    answers with a page of its own. `enforces_interval` tells a client that asks too often to slow
    down, `slow_downs` does so as often as it says.
    """

    def __init__(
        self,
        state: PlatformState,
        app: DeveloperApp,
        url: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._app = app
        self._url = url
        self._clock = clock
        self._flows: dict[str, Flow] = {}
        self.lark: Registration | None = None
        self.is_forbidden = False
        self.enforces_interval = False
        self.pages = 0
        self.slow_downs = 0
        self.interval: float = POLL_SECONDS
        self.lifetime: float = LINK_SECONDS
        # What the page has been asked for by the last link that was scanned.
        self.asked: dict[str, Any] = {}

    def handle(self, form: Mapping[str, str]) -> Answer:
        """Answer one request to PATH: the HTTP status, and JSON or a page."""
        with self._state.change():
            match form.get("action"):
                case "init":
                    methods = [] if self.is_forbidden else ["client_secret"]
                    return 200, {
                        "nonce": secrets.token_hex(8),
                        "supported_auth_methods": methods,
                    }
                case "begin":
                    return self._begin(form)
                case "poll":
                    return self._poll(form.get("device_code", ""))
        return 400, {"error": "invalid_request", "error_description": "unknown action"}

    def scan(self, link: str, person: Person, *, confirms: bool = True) -> None:
        """A person scans the code, and confirms or refuses. Raises ValueError for a dead link.

        With `clientID` the app that there is gets what the link asks for; without, a new one is
        made. A person of the other brand is told to the poll only.
        """
        query = parse_qs(urlsplit(link).query)
        with self._state.change():
            code = query.get("user_code", [""])[0]
            flow = next((one for one in self._flows.values() if one.user_code == code), None)
            if flow is None or flow.decision or self._clock() >= flow.ends_at:
                raise ValueError("the link is used or too old")
            flow.person, flow.decision = person, "confirmed" if confirms else "denied"
            if not confirms:
                return
            self.asked = read_addons(query.get("addons", [""])[0])
            owner, flow.brand = self, self._app.brand
            if self.lark and self.lark.knows(person):
                owner, flow.brand = self.lark, "lark"
                self.lark.take_on(flow)
        owner.make_app(self.asked, person, query.get("clientID", [""])[0])

    def knows(self, person: Person) -> bool:
        """Whether the person has an account of this brand."""
        return person.open_id in self._state.people

    def take_on(self, flow: Flow) -> None:
        """Go on here with a link that the other brand's host gave out."""
        with self._state.change():
            self._flows[flow.device_code] = flow

    def make_app(self, addons: Mapping[str, Any], person: Person, client_id: str) -> None:
        """The app as its link asks for it, or what the link adds to the one that there is."""
        scopes = set(_names(addons, "scopes", "tenant"))
        scopes = {name for name in scopes if name.startswith(KNOWN_PREFIXES)}
        items = addons.get("events", {}).get("items", {})
        events = set(items.get("tenant", [])) & set(KNOWN_EVENTS)
        with self._state.change():
            if client_id and client_id == self._state.credentials.app_id and self._app.exists:
                self._app.set_scopes(add=sorted(scopes))
                self._app.set_events(add=sorted(events))
            else:
                self._app.register(person, scopes | BASE_SCOPES, events)

    def _begin(self, form: Mapping[str, str]) -> Answer:
        if form.get("archetype") != "PersonalAgent" or form.get("auth_method") != "client_secret":
            return 400, {"error": "invalid_request", "error_description": "archetype"}
        code = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
        device_code = secrets.token_urlsafe(24)
        flow = Flow(device_code, code, self._clock() + self.lifetime)
        self._flows[device_code] = flow
        link = f"{self._url()}{LAUNCHER}"
        return 200, {
            "device_code": device_code,
            "user_code": code,
            "verification_uri": link,
            "verification_uri_complete": f"{link}?{urlencode({'user_code': code})}",
            "expires_in": self.lifetime,
            "interval": self.interval,
        }

    def _poll(self, device_code: str) -> Answer:
        if self.pages > 0:
            self.pages -= 1
            return 502, "<html><body><h1>502 Bad Gateway</h1></body></html>"
        flow = self._flows.get(device_code)
        if flow is None or flow.is_used:
            return _error("invalid_grant")
        now, since = self._clock(), self._clock() - flow.polled_at
        flow.polled_at, flow.polls = now, flow.polls + 1
        too_often = self.enforces_interval and since < self.interval
        if self.slow_downs > 0 or too_often:
            self.slow_downs = max(0, self.slow_downs - 1)
            return _error("slow_down")
        if flow.decision == "denied":
            return _error("access_denied")
        if not flow.decision:
            return _error("expired_token" if now >= flow.ends_at else "authorization_pending")
        assert flow.person is not None
        user = {"open_id": flow.person.open_id, "tenant_brand": flow.brand}
        if flow.brand != self._app.brand:
            # Of an app of the other brand this host knows the id alone.
            return 200, {
                "client_id": self._state.credentials.app_id,
                "client_secret": "",
                "user_info": user,
            }
        flow.is_used = True
        return 200, {
            "client_id": self._state.credentials.app_id,
            "client_secret": self._app.secret,
            "user_info": user,
        }


def read_addons(text: str) -> dict[str, Any]:
    """base64url(gzip(JSON)); nothing for what isn't that, as the page doesn't complain."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        addons = json.loads(gzip.decompress(data)) if text else {}
    except (ValueError, OSError, binascii.Error, EOFError):
        return {}
    return addons if isinstance(addons, dict) else {}


def _names(addons: Mapping[str, Any], part: str, kind: str) -> list[str]:
    found = addons.get(part, {}).get(kind, [])
    return [name for name in found if isinstance(name, str)]


def _error(name: str) -> Answer:
    return 400, {"error": name, "error_description": name.replace("_", " ")}
