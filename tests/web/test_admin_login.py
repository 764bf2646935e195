"""Who gets in on the administrator's page, and who is told that there is none."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa
from flask import Request
from werkzeug.test import EnvironBuilder

from feishu_bot.core.administration.sessions import IDLE_SECONDS, LONGEST_SECONDS
from feishu_bot.core.messages import Sender
from feishu_bot.errors import SettingsError
from feishu_bot.logs import get_limited_logger
from feishu_bot.stores.schema import admin_changes, admin_links, admin_sessions
from feishu_bot.web.admin import login
from feishu_bot.web.admin.addresses import address_of
from tests.web.admin_pages import PASSWORD, AdminPage, Browser

PUBLIC = "https://bot.example.com"
BOSS = Sender("ou_boss")
PAGES = ("", "/", "/login", "/figures", "/settings", "/static/admin.css", "/nothing")


@pytest.fixture
def page(make_page):
    return make_page(ADMIN_PASSWORD=PASSWORD)


@pytest.fixture
def linked(make_page):
    """A page without a password, whose admins get links."""
    return make_page(PUBLIC_URL=PUBLIC)


def sessions_of(page: AdminPage):
    """What /admin in the chat asks for a link."""
    views = page.app.extensions["feishu_bot"].pool.handle.__self__.runner.commands
    return views.find("admin").run.__self__.sessions


def rows(page: AdminPage, table: sa.Table) -> list[sa.RowMapping]:
    with page.database.read() as connection:
        return list(connection.execute(sa.select(table)).mappings())


def change(page: AdminPage, statement: sa.Update | sa.Delete) -> None:
    with page.database.write() as connection:
        connection.execute(statement)


def test_without_a_password_and_without_links_there_is_nothing(make_page):
    browser = make_page().browser()

    answers = [browser.get(f"/admin{path}") for path in PAGES]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.data, str(answer.headers)) for answer in answers}) == 1


def test_where_links_can_be_made_there_is_nothing_until_one_was_asked_for(linked):
    browser = linked.browser(secure=True)
    nothing = browser.get("/no/such/page")

    for path in PAGES:
        answer = browser.get(f"/admin{path}")
        assert (answer.status_code, answer.data) == (404, nothing.data)
        assert dict(answer.headers) == dict(nothing.headers)
    for method in ("post", "put", "delete", "options"):
        answer = getattr(browser.client, method)("/admin/login")
        assert answer.status_code == 404, method

    sessions_of(linked).link_token(BOSS)
    assert browser.get("/admin/login").status_code == 200


def test_the_password_opens_the_page(page):
    browser = page.browser()

    assert browser.get("/admin").headers["Location"] == "/admin/login"
    assert browser.log_in().headers["Location"] == "/admin?entered=1"
    assert browser.get("/admin").status_code == 200


def test_another_password_does_not(page):
    browser = page.browser()

    for wrong in ("", "wrong", PASSWORD + "x", PASSWORD[:-1], "密码"):
        assert browser.log_in(wrong).status_code == 403
        assert browser.get("/admin").status_code == 303
        browser = page.browser()
        browser.headers["X-Forwarded-For"] = f"203.0.113.{len(wrong)}"


@pytest.mark.parametrize(
    "password", ["short-one-1", "aaaaaaaaaaaaaaaa"], ids=["short", "of one character"]
)
def test_a_password_that_can_be_guessed_keeps_the_bot_from_starting(make_page, password):
    with pytest.raises(SettingsError) as caught:
        make_page(ADMIN_PASSWORD=password)

    assert "ADMIN_PASSWORD" in str(caught.value)
    assert password not in str(caught.value)


def test_a_form_without_its_token_or_cookie_logs_nobody_in(page):
    browser = page.browser()
    browser.get("/admin/login")

    assert browser.post("/admin/login", {"password": PASSWORD, "form_token": ""}).status_code == 400
    other = page.browser()
    other.form_token = browser.form_token
    assert other.post("/admin/login", {"password": PASSWORD}).status_code == 400
    assert rows(page, admin_sessions) == []


def test_after_five_wrong_passwords_an_address_waits_and_no_other(page):
    browser = page.browser()
    for _ in range(5):
        assert browser.log_in("wrong", X_Forwarded_For="198.51.100.7").status_code == 403

    answer = browser.log_in(PASSWORD, X_Forwarded_For="6.6.6.6, 198.51.100.7")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    assert page.browser().log_in(X_Forwarded_For="203.0.113.9").status_code == 303


def test_strangers_who_try_all_the_time_do_not_keep_a_known_browser_out(page):
    known = page.browser()
    known.log_in()
    known.post("/admin/logout", {})
    stranger = page.browser()
    for number in range(60):
        stranger.log_in("wrong", X_Forwarded_For=f"198.51.100.{number}")

    assert stranger.log_in(PASSWORD, X_Forwarded_For="203.0.113.77").status_code == 429
    assert known.log_in().status_code == 303


def test_a_made_up_device_is_no_known_browser(page):
    stranger = page.browser()
    for number in range(50):
        stranger.log_in("wrong", X_Forwarded_For=f"198.51.100.{number}")
    stranger.client.set_cookie("feishu_bot_admin_device", "abc.0123", path="/admin")

    assert stranger.log_in(X_Forwarded_For="203.0.113.77").status_code == 429


def test_a_failed_login_is_in_the_log_without_what_was_typed(page, caplog, monkeypatch):
    monkeypatch.setattr(login, "logger", get_limited_logger("feishu_bot.fresh"))
    with caplog.at_level(logging.WARNING):
        page.browser().log_in("my-other-password")

    assert "wrong password" in caplog.text
    assert "my-other-password" not in caplog.text


def test_a_link_logs_its_person_in_once(linked):
    token = sessions_of(linked).link_token(BOSS)
    browser, second = linked.browser(secure=True), linked.browser(secure=True)
    browser.get("/admin/login"), second.get("/admin/login")

    assert browser.post("/admin/login/link", {"link_token": token}).status_code == 303
    assert "ou_boss" in browser.get("/admin").get_data(as_text=True)
    assert second.post("/admin/login/link", {"link_token": token}).status_code == 403
    (login,) = rows(linked, admin_changes)
    assert (login["actor"], login["subject"]) == ("ou_boss", "127.0.0.1")


def test_opening_a_link_without_pressing_the_button_does_not_use_it_up(linked):
    token = sessions_of(linked).link_token(BOSS)
    linked.browser().get("/admin/login")

    assert rows(linked, admin_links)[0]["used_at"] is None
    browser = linked.browser(secure=True)
    browser.get("/admin/login")
    assert browser.post("/admin/login/link", {"link_token": token}).status_code == 303


def test_a_link_that_is_too_old_or_whose_person_is_no_admin_logs_nobody_in(linked):
    old = sessions_of(linked).link_token(BOSS)
    change(linked, sa.update(admin_links).values(created_at=admin_links.c.created_at - 700))
    strange = sessions_of(linked).link_token(Sender("ou_other"))
    browser = linked.browser(secure=True)
    browser.get("/admin/login")

    for token in (old, strange, "", "x" * 3000):
        answer = browser.post("/admin/login/link", {"link_token": token})
        assert answer.status_code == 403
        assert "/admin to the bot" in answer.get_data(as_text=True)


def test_tokens_are_stored_as_hashes_alone(linked):
    token = sessions_of(linked).link_token(BOSS)
    browser = linked.browser(secure=True)
    browser.get("/admin/login")
    browser.post("/admin/login/link", {"link_token": token})
    cookie = cookie_of(browser, "__Host-feishu_bot_admin", "/")

    stored = str([rows(linked, table) for table in (admin_links, admin_sessions, admin_changes)])
    assert token not in stored
    assert cookie not in stored


@pytest.mark.parametrize(
    ("column", "seconds"), [("seen_at", IDLE_SECONDS), ("created_at", LONGEST_SECONDS)]
)
def test_a_session_ends_when_it_is_idle_and_in_any_case(page, column, seconds):
    browser = page.browser()
    browser.log_in()
    moved = {column: admin_sessions.c[column] - seconds + 60}
    change(page, sa.update(admin_sessions).values(**moved))
    assert browser.get("/admin").status_code == 200

    moved = {column: admin_sessions.c[column] - seconds}
    change(page, sa.update(admin_sessions).values(**moved))
    assert browser.get("/admin").status_code == 303
    assert rows(page, admin_sessions) == []


def test_logging_out_ends_the_session_and_everywhere_ends_all(page):
    one, two, three = page.browser(), page.browser(), page.browser()
    for browser in (one, two, three):
        browser.log_in()

    one.post("/admin/logout", {})
    assert [one.get("/admin").status_code, two.get("/admin").status_code] == [303, 200]
    two.post("/admin/logout", {"everywhere": "1"})
    assert [two.get("/admin").status_code, three.get("/admin").status_code] == [303, 303]
    assert rows(page, admin_changes)[-1]["action"] == "logout_all"


def cookie_of(browser: Browser, name: str = "feishu_bot_admin", path: str = "/admin") -> str:
    cookie = browser.client.get_cookie(name, path=path)
    assert cookie is not None
    return str(cookie.value)


def test_a_session_holds_over_processes(page, make_page):
    browser = page.browser()
    browser.log_in()
    other = make_page(ADMIN_PASSWORD=PASSWORD).browser()
    other.client.set_cookie("feishu_bot_admin", cookie_of(browser), path="/admin")

    assert other.get("/admin").status_code == 200


def test_another_password_ends_all_sessions(page, make_page):
    browser = page.browser()
    browser.log_in()
    later = make_page(ADMIN_PASSWORD="another-horse-7-battery").browser()
    later.client.set_cookie("feishu_bot_admin", cookie_of(browser), path="/admin")

    assert later.get("/admin").status_code == 303
    assert rows(page, admin_sessions) == []


def test_who_is_no_admin_any_more_is_out(linked, make_page):
    token = sessions_of(linked).link_token(BOSS)
    browser = linked.browser(secure=True)
    browser.get("/admin/login")
    browser.post("/admin/login/link", {"link_token": token})
    cookie = cookie_of(browser, "__Host-feishu_bot_admin", "/")
    same, other = (make_page(PUBLIC_URL=PUBLIC, ADMINS=ids) for ids in ("ou_boss", "ou_other"))

    statuses = []
    for later in (same, other):
        again = later.browser(secure=True)
        again.client.set_cookie("__Host-feishu_bot_admin", cookie, secure=True)
        statuses.append(again.get("/admin").status_code)
    assert statuses == [200, 303]


def test_on_tls_cookies_are_bound_to_the_host_and_nothing_can_read_them(make_page):
    page = make_page(ADMIN_PASSWORD=PASSWORD, PUBLIC_URL=PUBLIC)
    browser = page.browser(secure=True)
    cookies = browser.get("/admin/login").headers.getlist("Set-Cookie")
    cookies += browser.post("/admin/login", {"password": PASSWORD}).headers.getlist("Set-Cookie")

    assert len(cookies) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-feishu_bot_admin")
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_behind_a_proxy_that_says_so_cookies_go_over_tls_alone(page):
    browser = page.browser(secure=True)
    answer = browser.get("/admin/login", X_Forwarded_Proto="https")

    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_browser_that_keeps_no_cookie_is_told_so(page):
    browser = page.browser()
    browser.get("/admin/login")
    browser.client.delete_cookie("feishu_bot_admin_form", path="/admin")

    answer = browser.post("/admin/login", {"password": PASSWORD})
    assert "keep this page" in answer.get_data(as_text=True)
    answer = page.browser().get("/admin?entered=1")
    assert answer.headers["Location"] == "/admin/login?lost=1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        # Who comes from outside may write what they like.
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.9, 172.18.0.1", "203.0.113.9"),
        ("10.0.0.2", "192.168.1.5", "192.168.1.5"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("::ffff:198.51.100.7", "", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("", "", "unknown"),
    ],
)
def test_tries_are_counted_by_the_address_that_nobody_can_make_up(peer, forwarded, address):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    made = Request(
        EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": peer}).get_environ()
    )

    assert address_of(made) == address
