"""The app as the developer console has it: what is in force, the draft, and the versions.

What is in force lies where the platform uses it: scopes in `Access`, events, mode and addresses in
`Subscription`, keys in the state's `credentials`. The draft holds only what differs from it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from feishu_simulator.access import Access
from feishu_simulator.admission import Admission
from feishu_simulator.app_versions import (
    APPROVED,
    IN_REVIEW,
    REJECTED,
    Picture,
    Version,
    number_of,
)
from feishu_simulator.credentials import Credentials
from feishu_simulator.people import Person
from feishu_simulator.refusals import Refusal
from feishu_simulator.state import PlatformState, new_id
from feishu_simulator.subscription import Subscription

Brand = Literal["feishu", "lark"]
# Scopes that an administrator of the company has to approve; the others count as soon as asked for.
REVIEWED = frozenset({"im:message.group_msg", "im:message.group_msg:readonly"})
# What a change of the draft may set.
FIELDS = frozenset(
    {
        "subscription_type", "callback_type", "card_url", "encrypt_key", "verification_token",
        "has_bot", "menu", "visible_to",
    }
)  # fmt: skip


class DeveloperApp:
    """Changed under the platform's lock. By default it is complete and published.

    `exists` is false until somebody registers it. `needs_review` says whether an administrator has
    to approve its versions. `owner` is the person it belongs to. `admission` is what all its calls
    have to pass. Whether it `tells_callbacks` is up to the platform: no page says so.
    """

    def __init__(self, state: PlatformState, access: Access, subscription: Subscription) -> None:
        self._state = state
        self._access = access
        self._subscription = subscription
        self.brand: Brand = "feishu"
        self.admission = Admission()
        self.tells_callbacks = True
        # How often its administrators were asked for scopes.
        self.applications = 0
        self.exists = True
        self.needs_review = False
        self.challenge_keys: Literal["new", "plain", "in_force"] = "new"
        self.owner: Person | None = None
        self.declared: set[str] = set(access.scopes)
        self.has_bot = True
        self.menu: tuple[Mapping[str, Any], ...] = ()
        self.visible_to: frozenset[str] | None = None
        # By the id of each: {"command", "description", "icon"}.
        self.commands: dict[str, Mapping[str, Any]] = {}
        self.texts: dict[str, Mapping[str, str]] = {}
        self._fields: dict[str, Any] = {}
        self._events: dict[str, bool] = {}
        self._callbacks: dict[str, bool] = {}
        self._scopes: dict[str, bool] = {}
        self.versions: list[Version] = []
        self._record("1.0.0", "first", "first").status = APPROVED
        self.versions[0].publish_time = int(time.time())

    @property
    def secret(self) -> str:
        """The App Secret, as it was last reset."""
        return self._access.app_secret

    # What is in force, and what would be

    def in_force(self) -> Picture:
        """The app as the platform treats it now."""
        credentials, subscription = self._state.credentials, self._subscription
        return Picture(
            subscription_type=subscription.subscription_type,
            callback_type=subscription.callback_type,
            event_url=subscription.event_url if subscription.event_address else "",
            card_url=subscription.card_url if subscription.card_address else "",
            events=frozenset(subscription.events),
            callbacks=frozenset(subscription.callbacks),
            scopes=frozenset(self.declared),
            has_bot=self.has_bot,
            menu=self.menu,
            visible_to=self.visible_to,
            encrypt_key=credentials.encrypt_key,
            verification_token=credentials.verification_token,
        )

    def draft(self) -> Picture:
        """The app as the next version would make it."""
        now = self.in_force()
        return replace(
            now,
            events=_changed(now.events, self._events),
            callbacks=_changed(now.callbacks, self._callbacks),
            scopes=_changed(now.scopes, self._scopes),
            **self._fields,
        )

    def set_draft(self, **values: Any) -> None:
        """Change these of FIELDS in the draft."""
        if unknown := set(values) - FIELDS:
            raise ValueError(f"no such fields: {sorted(unknown)}")
        self._fields.update(values)

    def set_events(self, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Subscribe and unsubscribe, in the draft."""
        self._events.update({**dict.fromkeys(add, True), **dict.fromkeys(remove, False)})

    def set_callbacks(self, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """The same for callbacks."""
        self._callbacks.update({**dict.fromkeys(add, True), **dict.fromkeys(remove, False)})

    def set_scopes(self, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Ask for scopes and give some up; what needs no review counts at once."""
        for name in add:
            if name in REVIEWED:
                self._scopes[name] = True
            else:
                self._scopes.pop(name, None)
                self.declared.add(name)
                self._access.scopes.add(name)
        self._scopes.update(dict.fromkeys(remove, False))

    # Versions

    @property
    def online(self) -> Version | None:
        """The version in force; None before the first."""
        approved = [one for one in self.versions if one.status == APPROVED and one.publish_time]
        return approved[-1] if approved else None

    @property
    def in_review(self) -> Version | None:
        """The version that waits for an administrator."""
        return next((one for one in self.versions if one.status == IN_REVIEW), None)

    def publish(self, number: str, remark: str, changelog: str) -> Version:
        """A version of the draft; in force at once where nobody has to approve it.

        Raises Refusal: 210302 while one is in review, 210303 for a number that doesn't rise.
        """
        if self.in_review:
            raise Refusal(210302, "there is a version under review")
        newest = max((number_of(one.number) for one in self.versions), default=())
        if number and number_of(number) <= newest:
            raise Refusal(210303, "version must be greater than the online version")
        if not number:
            number = ".".join(map(str, (*newest[:2], newest[2] + 1))) if newest else "1.0.0"
        version = self._record(number, remark, changelog)
        version.status = IN_REVIEW
        if not self.needs_review:
            self.approve()
        return version

    def approve(self) -> None:
        """The administrator approves the version in review: its draft is in force from now on."""
        version = self.in_review
        if version is None:
            raise ValueError("no version is in review")
        version.status, version.publish_time = APPROVED, int(time.time())
        self._apply(version.picture)

    def reject(self) -> None:
        """The administrator rejects it: all stays as it was, and the draft is kept."""
        version = self.in_review
        if version is None:
            raise ValueError("no version is in review")
        version.status = REJECTED

    # Its beginning

    def forget(self) -> None:
        """Before anybody has registered it: no token is given out for it."""
        self.exists = False
        self.versions.clear()

    def register(self, owner: Person, scopes: Iterable[str], events: Iterable[str]) -> None:
        """What the page behind the QR code makes: a bot in long-connection mode, without keys.

        [field] Visible to its owner alone until that is changed.
        """
        subscription = self._subscription
        self.exists, self.owner = True, owner
        self.declared = set(scopes)
        self._access.scopes = set(scopes) - REVIEWED
        self._drop_draft()
        picture = Picture(
            subscription_type="websocket",
            callback_type="websocket",
            event_url="",
            card_url="",
            events=frozenset(events),
            callbacks=frozenset(subscription.callbacks),
            scopes=frozenset(scopes),
            has_bot=True,
            visible_to=frozenset({owner.open_id}),
        )
        subscription.event_url = subscription.card_url = ""
        self.versions.clear()
        self._apply(picture)
        version = self._record("1.0.0", "", "")
        version.status, version.publish_time = APPROVED, int(time.time())

    # The request URL of events, which no version has to bring into force

    def challenge_credentials(self, encrypt_key: str, token: str) -> Credentials:
        """The keys by which a request URL is checked while these are being set.

        Nobody has written down which the platform takes: `challenge_keys` says it here.
        """
        now = self._state.credentials
        match self.challenge_keys:
            case "in_force":
                return now
            case "plain":
                return replace(now, encrypt_key="", verification_token=token)
        return replace(
            now,
            encrypt_key=encrypt_key or now.encrypt_key,
            verification_token=token or now.verification_token,
        )

    def set_event_url(self, url: str) -> None:
        """Where events go from now on."""
        self._subscription.event_url, self._subscription.event_address = url, True

    def shown(self, version: Version) -> Version:
        """The version as a call gives it: the one online as it stands now."""
        return replace(version, picture=self.in_force()) if version is self.online else version

    def _record(self, number: str, remark: str, changelog: str) -> Version:
        version = Version(
            version_id=new_id("oav"),
            number=number,
            picture=self.draft(),
            remark=remark,
            changelog=changelog,
            create_time=int(time.time()),
        )
        self.versions.append(version)
        return version

    def _apply(self, picture: Picture) -> None:
        subscription = self._subscription
        subscription.subscription_type = picture.subscription_type
        subscription.callback_type = picture.callback_type
        subscription.card_url = picture.card_url
        subscription.events = set(picture.events)
        subscription.callbacks = set(picture.callbacks)
        self.declared = set(picture.scopes)
        added = {name for name, on in self._scopes.items() if on}
        removed = {name for name, on in self._scopes.items() if not on}
        self._access.scopes.update(added & picture.scopes)
        self._access.scopes.difference_update(removed)
        self.has_bot, self.menu = picture.has_bot, picture.menu
        self.visible_to = picture.visible_to
        self._state.credentials = replace(
            self._state.credentials,
            encrypt_key=picture.encrypt_key,
            verification_token=picture.verification_token,
        )
        self._drop_draft()

    def _drop_draft(self) -> None:
        for draft in (self._fields, self._events, self._callbacks, self._scopes):
            draft.clear()


def _changed(names: frozenset[str], changes: Mapping[str, bool]) -> frozenset[str]:
    added = {name for name, on in changes.items() if on}
    return (names | added) - {name for name, on in changes.items() if not on}
