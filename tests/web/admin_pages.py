"""The administrator's page of a bot that is not started, and a browser that asks it."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from feishu_bot.app import create_app
from feishu_bot.settings import Settings
from feishu_bot.stores import Database

PASSWORD = "correct-horse-9-battery"
# Nobody answers there.
NOWHERE = "http://127.0.0.1:1"
ENVIRONMENT = {
    "APP_ID": "cli_1",
    "APP_SECRET": "secret-of-the-app",
    "APP_ENCRYPT_KEY": "encrypt-key-of-it",
    "APP_VERIFICATION_TOKEN": "token-of-the-app",
    "OPENAI_KEY": "sk-secret-key",
    "API_URL": NOWHERE,
    "FEISHU_DOMAIN": NOWHERE,
    "ADMINS": "ou_boss",
}
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


class AdminPage:
    """The application over the database at `url`; `settings` are variables."""

    def __init__(self, url: str, **settings: str) -> None:
        self.app: Flask = create_app(
            Settings.from_env({**ENVIRONMENT, "DATABASE_URL": url, **settings})
        )
        self.runtime = self.app.extensions["feishu_bot"]
        # What the SDK raises by itself nobody here knows.
        self.runtime.always[0].start()
        self.database = Database(url)

    def browser(self, **options: Any) -> Browser:
        return Browser(self.app, **options)

    def close(self) -> None:
        self.database.close()
        self.runtime.always[0].stop()
        self.runtime.wakeup.close()
        for close in self.runtime.close:
            close()


class Browser:
    """Keeps cookies, and the token of the form that it was shown last."""

    def __init__(self, app: Flask, *, secure: bool = False, language: str = "en") -> None:
        self.client: Client = app.test_client()
        self.scheme = "https" if secure else "http"
        self.headers = {"Accept-Language": language}
        self.form_token = ""

    def get(self, path: str, **headers: str) -> TestResponse:
        base = f"{self.scheme}://localhost"
        return self._keep(self.client.get(path, base_url=base, headers=self._with(headers)))

    def post(self, path: str, data: dict[str, str], **headers: str) -> TestResponse:
        """Send a form, with the token of the page that was shown last unless another is given."""
        return self._keep(
            self.client.post(
                path,
                data={"form_token": self.form_token, **data},
                base_url=f"{self.scheme}://localhost",
                headers=self._with(headers),
            )
        )

    def log_in(self, password: str = PASSWORD, **headers: str) -> TestResponse:
        self.get("/admin/login")
        answer = self.post("/admin/login", {"password": password}, **headers)
        if answer.status_code == 303:
            self.get("/admin")
        return answer

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        return self.headers | {name.replace("_", "-"): value for name, value in headers.items()}

    def _keep(self, answer: TestResponse) -> TestResponse:
        if found := _TOKEN.search(answer.get_data(as_text=True)):
            self.form_token = found[1]
        return answer
