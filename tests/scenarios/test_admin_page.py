"""A change on the administrator's page, over the processes of gunicorn."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from tests.polling import eventually

PASSWORD = "correct-horse-9-battery"


class Page:
    """The page as a browser without scripts has it."""

    def __init__(self, url: str) -> None:
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def send(self, path: str, shown_at: str, **fields: str) -> str:
        token = re.search(r'name="form_token" value="(\w+)"', self.get(shown_at))
        assert token
        data = urllib.parse.urlencode({"form_token": token[1], **fields}).encode()
        with self._opener.open(self.url + path, data, timeout=10) as answer:
            return answer.read().decode()


def test_a_limit_that_is_set_on_the_page_holds_in_the_process_that_answers(
    sim, talk, start_gunicorn
):
    bot = start_gunicorn(ADMIN_PASSWORD=PASSWORD)
    page = Page(bot.url)
    page.send("/admin/login", "/admin/login", password=PASSWORD)
    page.send("/admin/limits", "/admin/limits", USER_DAILY_QUESTIONS="1")

    assert "用完了" not in str(talk.ask("first").card)
    # The process that answers looks for changes every two seconds.
    eventually(lambda: "用完了" in str(talk.ask("again").card))
    assert "USER_DAILY_QUESTIONS" in page.get("/admin/changes")
