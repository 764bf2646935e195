"""People, chats, files and the app's permissions, as an administrator sets them up."""

from __future__ import annotations

from collections.abc import Iterable

from feishu_simulator.access import Access
from feishu_simulator.developer_app import DeveloperApp
from feishu_simulator.people import Chat, Person
from feishu_simulator.state import FILES, PlatformState, StoredFile, new_id, trim
from feishu_simulator.subscription import Subscription


class Administration:
    """Nothing here pushes an event. Thread safe."""

    state: PlatformState
    access: Access
    app: DeveloperApp
    subscription: Subscription

    @property
    def event_url(self) -> str:
        """Where events are pushed."""
        return self.subscription.event_url

    @event_url.setter
    def event_url(self, url: str) -> None:
        self.subscription.event_url = url

    @property
    def card_url(self) -> str:
        """Where card callbacks are pushed."""
        return self.subscription.card_url

    @card_url.setter
    def card_url(self, url: str) -> None:
        self.subscription.card_url = url

    def add_person(self, name: str) -> Person:
        """A new person, in no chat yet."""
        return self.state.add_person(name)

    def private_chat(self, person: Person, *, threads: bool = True) -> Chat:
        """The person's chat with the bot, created by the first call."""
        return self.state.private_chat(person, threads=threads)

    def add_group(
        self, name: str, people: Iterable[Person], *, topic: bool = False, threads: bool = True
    ) -> Chat:
        """A new group with the bot in it; *threads* false makes it refuse replies in threads."""
        return self.state.add_chat(name, "topic" if topic else "group", people, threads=threads)

    def add_image(self, data: bytes, name: str = "image.png", mime: str = "image/png") -> str:
        """Store an image as if someone had uploaded it; returns its key."""
        key = new_id("img_v3")
        with self.state.change():
            self.state.images[key] = StoredFile(data, name, mime)
            trim(self.state.images, FILES)
        return key

    def add_file(
        self, data: bytes, name: str = "file.bin", mime: str = "application/octet-stream"
    ) -> str:
        """Store a file as if someone had uploaded it; returns its key."""
        key = new_id("file_v3")
        with self.state.change():
            self.state.files[key] = StoredFile(data, name, mime)
            trim(self.state.files, FILES)
        return key

    def grant(self, *scopes: str) -> None:
        """Add scopes to those the app has."""
        with self.state.change():
            self.app.declared.update(scopes)
            self.access.scopes.update(scopes)

    def withdraw(self, *scopes: str) -> None:
        """The company takes scopes away that the app asks for.

        Calls that need one are answered with 99991672.
        """
        with self.state.change():
            self.access.scopes.difference_update(scopes)

    def revoke_tokens(self) -> None:
        """Invalidate all tokens: calls with one are answered with 99991663."""
        with self.state.change():
            self.access.revoke()
