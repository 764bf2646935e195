"""What the administrator's page shows and changes, and what it lets nobody do."""

from __future__ import annotations

import itertools
import re
import time
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from feishu_bot.core.usage import Usage
from feishu_bot.stores.schema import admin_changes, grants, overrides, people
from feishu_bot.stores.usage import insert_usage
from feishu_bot.web.admin.wording import page_texts
from tests.polling import eventually
from tests.web.admin_pages import PASSWORD, AdminPage

GET = (
    *("", "/figures?days=30", "/figures?days=1", "/usage", "/limits", "/people", "/models"),
    *("/roles", "/roles/edit", "/failures", "/settings", "/changes", "/doctor"),
)
POST = (
    *("/limits", "/grants", "/people", "/models/currency", "/models/price", "/roles/edit"),
    *("/logout", "/language", "/doctor"),
)
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"
ROLE = {
    "id": "poet",
    "tags": "Writing, Fun",
    "zh_title": "诗人",
    "zh_content": "你写诗。今天是 {date}。",
    "zh_example": "写一首",
    "en_title": "Poet",
    "en_content": "You write poems. Today is {date}.",
}


@pytest.fixture
def page(make_page):
    return make_page(ADMIN_PASSWORD=PASSWORD, USER_DAILY_QUESTIONS="50")


@pytest.fixture
def browser(page):
    browser = page.browser()
    assert browser.log_in().status_code == 303
    return browser


def rows(page: AdminPage, table: sa.Table) -> list[sa.RowMapping]:
    with page.database.read() as connection:
        return list(connection.execute(sa.select(table)).mappings())


def use(page: AdminPage, **changes: object) -> None:
    values = {
        "open_id": "ou_alice",
        "chat_id": "oc_1",
        "model": "gpt-5",
        "outcome": "answered",
        "seconds": 2.0,
        "prompt_tokens": 1000,
        "completion_tokens": 234,
        "waited": 0.4,
        "first_text": 1.5,
        "chat_type": "group",
    }
    with page.database.write() as connection:
        insert_usage(connection, Usage(**values | changes), now=time.time())  # type: ignore[arg-type]


def text_of(answer) -> str:
    return str(answer.get_data(as_text=True))


def limits_of(page: AdminPage):
    return page.app.extensions["feishu_bot"].pool.handle.__self__.answerer.quotas.limits.current


def test_strangers_see_no_page_but_the_login(page):
    stranger = page.browser()

    for path in GET:
        answer = stranger.get(f"/admin{path}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/login"), path


def test_nothing_is_changed_without_the_token_of_the_form(page, browser):
    before = rows(page, admin_changes)

    for path, token in itertools.product(POST, ("", "0" * 64, "x")):
        answer = browser.post(f"/admin{path}", {"form_token": token, "everywhere": "1"})
        assert answer.status_code == 403, (path, token)
    assert rows(page, admin_changes) == before
    assert browser.get("/admin").status_code == 200


def test_a_form_from_another_site_is_refused_whatever_token_it_has(page, browser):
    data = {"USER_DAILY_QUESTIONS": "1"}
    assert browser.post("/admin/limits", data, Sec_Fetch_Site="cross-site").status_code == 403
    assert browser.post("/admin/limits", data, Sec_Fetch_Site="same-site").status_code == 403
    assert rows(page, overrides) == []
    assert browser.post("/admin/limits", data, Sec_Fetch_Site="same-origin").status_code == 303


def test_a_token_of_another_session_is_refused(page, browser):
    other = page.browser()
    other.log_in()
    other.form_token = browser.form_token

    assert other.post("/admin/limits", {"USER_DAILY_QUESTIONS": "1"}).status_code == 403


def test_every_answer_forbids_frames_foreign_scripts_and_caches(page, browser):
    answers = [browser.get(f"/admin{path}") for path in GET]
    answers += [page.browser().get("/admin/login"), page.browser().get("/admin")]
    answers += [
        browser.get("/admin/roles/edit?id=none"),
        browser.post("/admin/limits", {"form_token": ""}),
    ]

    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_has_a_script_or_style_in_itself(browser):
    for path in GET:
        page = text_of(browser.get(f"/admin{path}"))
        assert not re.search(r"\son\w+=|style=|<style|javascript:", page), path
        scripts = re.findall(r"<script([^>]*)>", page)
        assert all("src=" in one or "application/json" in one for one in scripts), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page), path


def test_whatever_people_and_models_are_called_is_shown_as_text(page, browser):
    use(page, open_id=HOSTILE, model=HOSTILE, notice=HOSTILE, request_id=HOSTILE, chat_id=HOSTILE)
    browser.post("/admin/models/currency", {"currency": "<b>"})
    browser.post("/admin/models/price", {"model": HOSTILE, "prompt": "1", "completion": "2"})
    browser.post("/admin/roles/edit", {**ROLE, "en_title": HOSTILE, "tags": HOSTILE,
                                       "en_content": HOSTILE, "action": "save"})  # fmt: skip

    for path in (*GET, "/roles/edit?id=poet"):
        shown = text_of(browser.get(f"/admin{path}"))
        assert "<script>alert" not in shown, path
        assert "<b>" not in shown, path
        assert "{7*7}" not in shown.replace("{{7*7}}", ""), path
    assert "&lt;script&gt;" in text_of(browser.get("/admin/usage"))
    preview = text_of(browser.get("/admin/roles/edit?id=poet"))
    assert "&lt;script&gt;" in preview


def test_secrets_are_on_no_page(page, browser):
    shown = "".join(text_of(browser.get(f"/admin{path}")) for path in GET)

    for secret in (PASSWORD, "secret-of-the-app", "encrypt-key-of-it", "token-of-the-app"):
        assert secret not in shown
    assert "sk-secret-key" not in shown
    assert "APP_SECRET" in shown


def test_a_limit_holds_at_once_and_is_in_the_list_of_changes(page, browser):
    browser.post("/admin/limits", {"USER_DAILY_QUESTIONS": "3", "COMPANY_MONTHLY_TOKENS": "1,000"})

    by_whose = {(one.whose, one.period): one.quota for one in limits_of(page)}
    assert by_whose["person", "day"].questions == 3
    assert by_whose["company", "month"].tokens == 1000
    found = {row["subject"]: (row["before"], row["after"]) for row in rows(page, admin_changes)}
    assert found["USER_DAILY_QUESTIONS"] == ("50", "3")
    shown = text_of(browser.get("/admin/changes"))
    assert "USER_DAILY_QUESTIONS" in shown

    browser.post("/admin/limits", {"USER_DAILY_QUESTIONS": ""})
    assert {(one.whose, one.period): one.quota for one in limits_of(page)}[
        "person", "day"
    ].questions == 50


def test_zero_takes_a_limit_of_the_settings_away(page, browser):
    browser.post("/admin/limits", {"USER_DAILY_QUESTIONS": "0"})

    assert limits_of(page) == ()


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "9" * 40, "1e3", "٣"])
def test_what_is_no_amount_changes_no_limit(page, browser, text):
    data = {"CHAT_DAILY_QUESTIONS": "5", "USER_DAILY_QUESTIONS": text}
    answer = browser.post("/admin/limits", data)

    assert answer.status_code == 400
    assert "USER_DAILY_QUESTIONS" in text_of(answer)
    assert rows(page, overrides) == []


def test_money_can_be_limited_once_there_are_prices(page, browser):
    assert browser.post("/admin/limits", {"USER_DAILY_COST": "2.5"}).status_code == 400

    price = {"model": "gpt-*", "prompt": "1.5", "completion": "6"}
    assert browser.post("/admin/models/price", price).status_code == 400
    browser.post("/admin/models/currency", {"currency": "¥"})
    assert browser.post("/admin/models/price", price).status_code == 303
    assert browser.post("/admin/limits", {"USER_DAILY_COST": "2.5"}).status_code == 303
    prices = page.app.extensions["feishu_bot"].pool.handle.__self__.answerer.prices
    assert (prices.currency, prices.cost("gpt-9", 1_000_000, 1_000_000)) == ("¥", 7.5)

    browser.post("/admin/models/price", {"model": "gpt-*", "reset": "1"})
    assert prices.cost("gpt-9", 1_000_000, 0) == 0


def test_a_grant_is_given_once_for_each_form_that_was_shown(page, browser):
    shown = text_of(browser.get("/admin/limits"))
    form_id = re.search(r'name="form_id" value="([^"]+)"', shown)
    assert form_id
    grant = {"subject": "ou_alice", "amount": "20", "unit": "questions", "period": "day"}

    for _ in range(2):
        answer = browser.post("/admin/grants", {**grant, "form_id": form_id[1]})
        assert answer.status_code == 303
    assert [(row["subject"], row["questions"]) for row in rows(page, grants)] == [("ou_alice", 20)]
    assert "+20" in text_of(browser.get("/admin/limits"))


@pytest.mark.parametrize(
    "changed",
    [{"subject": "alice"}, {"amount": "0"}, {"amount": "x"}, {"unit": "id"}, {"period": "year"}],
)
def test_a_grant_that_makes_no_sense_is_refused(page, browser, changed):
    grant = {"subject": "oc_1", "amount": "5", "unit": "tokens", "period": "month", "form_id": "1"}

    assert browser.post("/admin/grants", {**grant, **changed}).status_code == 400
    assert rows(page, grants) == []


def test_what_no_database_stores_is_refused_on_every_page_and_form(page, browser):
    """PostgreSQL takes no NUL: it answered as if it were away."""
    for path in (f"/admin{page}" for page in GET if "?" not in page):
        assert browser.get(f"{path}?subject=%00").status_code == 400, path
        assert browser.get(f"{path}?%00=1").status_code == 400, path
    for path in (f"/admin{form}" for form in (*POST, "/login", "/login/link")):
        answer = browser.post(path, {"form_id": "a\0b"})
        assert answer.status_code == 400, path
        assert browser.post(path, {"a\0": "b"}).status_code == 400, path
    assert "That has characters" in answer.get_data(as_text=True)
    assert [row["action"] for row in rows(page, admin_changes)] == ["login"]


def test_what_is_no_unicode_comes_to_no_database(page, browser):
    grant = {"subject": "ou_bob", "unit": "questions", "period": "day", "amount": "1"}
    sent = urlencode({**grant, "form_token": browser.form_token}) + "&form_id=%ED%A0%80"

    answer = browser.client.post(
        "/admin/grants", data=sent, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 303
    with page.database.read() as connection:
        (known,) = connection.scalars(sa.select(grants.c.message_id))
    assert known.encode()


def test_people_are_blocked_and_allowed_again_but_no_admins(page, browser):
    assert browser.post("/admin/people", {"open_id": "ou_bob", "blocked": "1"}).status_code == 303
    assert [row["blocked"] for row in rows(page, people)] == [True]
    assert "ou_bob" in text_of(browser.get("/admin/people"))
    browser.post("/admin/people", {"open_id": "ou_bob", "blocked": "0"})
    assert rows(page, people) == []

    for wrong in ("ou_boss", "bob", "", "oc_1", "ou_" + "x" * 100):
        answer = browser.post("/admin/people", {"open_id": wrong, "blocked": "1"})
        assert answer.status_code == 400, wrong
    assert [row["action"] for row in rows(page, admin_changes)] == ["login", "block", "unblock"]


def test_a_role_is_previewed_as_card_and_prompt_before_it_is_saved(page, browser):
    shown = text_of(browser.post("/admin/roles/edit", {**ROLE, "action": "preview"}))

    assert 'class="card"' in shown
    assert re.search(r"Today is \d{4}-\d\d-\d\d\.", shown)
    assert rows(page, overrides) == []


def test_a_saved_role_is_in_the_list_at_once_and_can_be_taken_out(page, browser):
    roles = page.app.extensions["feishu_bot"].pool.handle.__self__
    listed = roles.commands.find("roles").run.__self__.roles
    browser.post("/admin/roles/edit", {**ROLE, "action": "save"})

    poet = listed.find("poet", "zh")
    assert (poet.title, poet.category, poet.example) == ("诗人", "Writing", "写一首")
    assert listed.find("poet", "en").example == ""
    browser.post("/admin/roles/edit", {**ROLE, "zh_title": "大诗人", "action": "save"})
    assert listed.find("poet", "zh").title == "大诗人"
    browser.post("/admin/roles/edit", {**ROLE, "action": "hide"})
    assert listed.find("poet", "zh") is None


def test_a_built_in_role_is_edited_hidden_and_given_back(page, browser):
    roles = page.app.extensions["feishu_bot"].pool.handle.__self__
    listed = roles.commands.find("roles").run.__self__.roles
    first = listed.listed()[0]
    built_in = listed.find(first.id, "en")
    role = {**ROLE, "id": first.id}

    browser.post("/admin/roles/edit", {**role, "action": "save"})
    assert listed.find(first.id, "en").title == "Poet"
    browser.post("/admin/roles/edit", {**role, "action": "hide"})
    assert listed.find(first.id, "en") is None
    browser.post("/admin/roles/edit", {**role, "action": "reset"})
    assert listed.find(first.id, "en") == built_in


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "no spaces here"},
        {"id": ""},
        {"zh_title": "", "en_title": ""},
        {"zh_content": ""},
        {"en_content": "x" * 8001},
    ],
)
def test_a_role_that_no_file_could_have_is_refused_with_what_was_typed(page, browser, changed):
    answer = browser.post("/admin/roles/edit", {**ROLE, **changed, "action": "save"})

    assert answer.status_code == 400
    assert "诗人" in text_of(answer) or "zh_title" in changed
    assert rows(page, overrides) == []


def test_without_a_session_no_more_than_a_login_is_read(page, browser):
    large = {**ROLE, "zh_content": "好" * 5000, "action": "preview"}
    assert browser.post("/admin/roles/edit", large).status_code == 200
    assert browser.post("/admin/roles/edit", {**large, "x": "x" * 70_000}).status_code == 413

    stranger = page.browser()
    stranger.get("/admin/login")
    assert stranger.post("/admin/login", {"password": "x" * 5000}).status_code == 413


def test_failures_have_their_request_ids_and_no_word_of_a_message(page, browser):
    use(page, outcome="noticed", notice="model_overloaded", request_id="req-77", model="gpt-5")

    shown = text_of(browser.get("/admin/failures"))
    assert "req-77" in shown
    assert "group" in shown


def test_figures_are_in_the_page_for_its_script(page, browser):
    use(page)
    use(page, notice="gave_up", outcome="noticed", prompt_tokens=0, completion_tokens=0)

    shown = text_of(browser.get("/admin/figures?days=7"))
    assert '"values": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]' in shown
    assert browser.get("/admin/figures?days=<x>").status_code == 200


@pytest.mark.parametrize(
    ("accepted", "title"),
    [("zh-CN,zh;q=0.9", "机器人管理"), ("en-US,en", "Bot administration"), ("fr", "机器人管理")],
)
def test_the_page_speaks_the_browsers_language(page, accepted, title):
    assert title in text_of(page.browser(language=accepted).get("/admin/login"))


def test_the_language_can_be_chosen(browser):
    answer = browser.post("/admin/language", {"language": "zh", "page": "limits"})

    assert answer.headers["Location"] == "/admin/limits"
    assert "限额" in text_of(browser.get("/admin/limits"))
    answer = browser.post("/admin/language", {"language": "zh", "page": "//evil.example"})
    assert answer.headers["Location"] == "/admin"


def test_the_host_that_a_request_names_is_nowhere(browser):
    answer = browser.client.get("/admin/login", headers={"Host": "evil.example"})
    gone = browser.client.get("/admin/limits", headers={"Host": "evil.example"})

    assert "evil" not in text_of(answer) + str(answer.headers)
    assert gone.headers["Location"] == "/admin/login"


def test_settings_say_where_each_is_from(page, browser, monkeypatch, tmp_path):
    monkeypatch.setenv("USER_DAILY_QUESTIONS", "50")
    (tmp_path / "settings.env").write_text("API_URL=http://127.0.0.1:1\n")
    monkeypatch.setenv("SETTINGS_FILE", str(tmp_path / "settings.env"))

    shown = text_of(browser.get("/admin/settings"))
    row = re.search(r"USER_DAILY_QUESTIONS.*?</tr>", shown, re.DOTALL)
    assert row
    assert "environment" in row[0]
    row = re.search(r"API_URL.*?</tr>", shown, re.DOTALL)
    assert row
    assert "settings file" in row[0]
    row = re.search(r"WEB_THREADS.*?</tr>", shown, re.DOTALL)
    assert row
    assert "default" in row[0]


def test_every_text_of_the_page_is_used_and_there_is_none_without_one():
    from pathlib import Path

    import feishu_bot.web.admin as package

    folder = Path(package.__file__).parent
    sources = "".join(
        path.read_text("utf-8") for path in folder.rglob("*") if path.suffix in (".py", ".html")
    )
    named = set(re.findall(r'\b(?:t|say|problem|page)\(\s*"(\w+)"', sources))
    beginnings = set(re.findall(r't\("(\w+_)" ~', sources)) | {"figures_", "plot_", "login_"}
    texts = page_texts()

    assert {name for name in named if not name.endswith("_")} <= texts.keys()
    unused = {
        name
        for name in texts.keys() - named
        if not any(name.startswith(beginning) for beginning in beginnings)
    }
    assert unused <= set(re.findall(r'"(\w+)"', sources))
    assert all(set(text) == {"zh", "en"} and all(text.values()) for text in texts.values())


def test_the_doctors_report_is_shown_and_made_anew_on_demand(page, browser):
    assert "Not examined yet" in text_of(browser.get("/admin/doctor"))

    answer = browser.post("/admin/doctor", {})
    assert answer.headers["Location"].startswith("/admin/doctor?since=")
    shown = eventually(
        lambda: "Faults (" in (text := text_of(browser.get(answer.headers["Location"]))) and text,
        timeout=30,
    )
    # Nobody answers where this bot looks for Feishu and for the model service.
    assert "→" in shown
    assert PASSWORD not in shown
