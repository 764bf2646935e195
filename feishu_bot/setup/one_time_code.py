"""The code that opens the set-up page: printed in the log, good once and for a while."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable

# Nothing that is taken for something else; 10 of them are 50 bits. Who asks a thousand times a
# second finds it in an hour once in 300 million times. So wrong codes are not counted: a code that
# they took away, or a pause after them, would let any stranger keep the owner out.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CHARACTERS = 10
LIFE_SECONDS = 3600.0


class OneTimeCode:
    """Thread-safe. `announce` prints each new code; there is none before `begin`."""

    def __init__(
        self, announce: Callable[[str], None], timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._announce = announce
        self._timer = timer
        self._lock = threading.Lock()
        self._code, self._ends_at = secrets.token_hex(16), -1.0

    def begin(self) -> None:
        """Make the first one."""
        with self._lock:
            self._renew()

    def accepts(self, given: str) -> bool:
        """Whether it is the code, in constant time; it is used up then."""
        with self._lock:
            now = self._timer()
            if now >= self._ends_at:
                self._renew()
                return False
            plain = "".join(given.upper().split()).replace("-", "")
            is_right = hmac.compare_digest(plain.encode("utf-8", "replace"), self._code.encode())
            if is_right:
                # Nobody gets in with it twice; the next one is printed when it is asked for.
                self._code, self._ends_at = secrets.token_hex(16), now
            return is_right

    def _renew(self) -> None:
        self._code = "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))
        self._ends_at = self._timer() + LIFE_SECONDS
        half = CHARACTERS // 2
        self._announce(f"{self._code[:half]}-{self._code[half:]}")
