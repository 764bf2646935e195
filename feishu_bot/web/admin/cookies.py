"""The cookies of the administrator's page: three random words, none of them readable by scripts."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Request, Response, request

SESSION = "feishu_bot_admin"
# What a form before the login has to match.
FORM = "feishu_bot_admin_form"
# A browser that was logged in before.
DEVICE = "feishu_bot_admin_device"
# So long such a browser is known.
DEVICE_SECONDS = 180 * 24 * 3600
LONGEST_DEVICE = 200


def is_secure(request: Request, public_url: str) -> bool:
    """Whether the browser came over TLS, as far as can be told: then cookies go no other way.

    A proxy's header is believed here, where a false one only makes the cookies stricter.
    """
    forwarded = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower()
    return request.is_secure or forwarded == "https" or public_url.startswith("https://")


class Cookies:
    """Reads and sets them. On TLS their names bind them to this very host."""

    def __init__(self, public_url: str, device_key: bytes) -> None:
        self._public_url = public_url
        self._device_key = device_key

    def get(self, name: str) -> str:
        """The value that the browser sent; empty for none."""
        return request.cookies.get(self._named(name), "")

    def set(self, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
        """Set a cookie, until the browser is closed or for so many seconds."""
        secure = is_secure(request, self._public_url)
        response.set_cookie(
            self._named(name),
            value,
            max_age=seconds,
            path="/" if secure else "/admin",
            secure=secure,
            httponly=True,
            samesite="Strict",
        )

    def drop(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        self.set(response, name, "", seconds=0)

    def device(self) -> str:
        """Which browser this is, if it was logged in before; else empty."""
        value = self.get(DEVICE)
        name, _, signature = value.partition(".")
        is_ours = len(value) <= LONGEST_DEVICE and hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._signature(name).encode()
        )
        return name if is_ours and name else ""

    def know_device(self, response: Response) -> None:
        """Know this browser from now on."""
        name = self.device() or secrets.token_urlsafe(16)
        value = f"{name}.{self._signature(name)}"
        self.set(response, DEVICE, value, seconds=DEVICE_SECONDS)

    def _signature(self, name: str) -> str:
        digest = hmac.new(self._device_key, name.encode("utf-8", "replace"), hashlib.sha256)
        return digest.hexdigest()

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if is_secure(request, self._public_url) else name
