"""A name server on loopback that knows one name, for a proxy that finds its replicas by name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Self

HEADER = 12
# An answer without error, to a question of class IN and type A; the name is that of the question.
FLAGS = b"\x81\x80"
RECORD = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04"


class NameServer:
    """Answers every question with the addresses (IPv4), for a second, over UDP."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._records = b"".join(RECORD + socket.inet_aton(address) for address in addresses)
        self._count = len(addresses)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, sender = self._socket.recvfrom(512)
                self._socket.sendto(self.answer(question), sender)
            except OSError:
                return

    def answer(self, question: bytes) -> bytes:
        """The whole answer to one question; what follows the question is left out."""
        end = question.index(b"\0", HEADER) + 5
        counts = b"\0\1" + self._count.to_bytes(2, "big") + b"\0\0\0\0"
        return question[:2] + FLAGS + counts + question[HEADER:end] + self._records
