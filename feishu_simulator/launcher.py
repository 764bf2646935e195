"""The page that the QR code leads to: whoever opens it confirms or refuses."""

from __future__ import annotations

from html import escape
from typing import Any

import flask

from feishu_simulator.feishu import Feishu
from feishu_simulator.registration import LAUNCHER, read_addons

PAGE = """\
<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<h1>{title}</h1><p>{text}</p>{form}"""
FORM = """\
<form method="post"><button name="confirms" value="1">确认 / Confirm</button>
<button name="confirms" value="">取消 / Cancel</button></form>"""
POLICY = "default-src 'none'; form-action 'self'; frame-ancestors 'none'"


def add_launcher(app: flask.Flask, feishu: Feishu) -> None:
    """The page at its path; the first person of the simulator is the one with the phone."""

    def page(title: str, text: str, form: str = "", status: int = 200) -> Any:
        body = PAGE.format(title=escape(title), text=escape(text), form=form)
        headers = {"Content-Security-Policy": POLICY}
        return flask.Response(body, status, headers, mimetype="text/html")

    @app.get(LAUNCHER)
    def show_launcher() -> Any:
        asked = read_addons(flask.request.args.get("addons", ""))
        scopes = asked.get("scopes", {}).get("tenant", [])
        update = flask.request.args.get("clientID", "")
        title = f"更新应用 {update} / Update the app" if update else "创建应用 / Create an app"
        return page(title, ", ".join(map(str, scopes)), FORM)

    @app.post(LAUNCHER)
    def decide() -> Any:
        with feishu.state.lock:
            people = list(feishu.state.people.values())
        person = people[0] if people else feishu.add_person("林晓")
        confirms = bool(flask.request.form.get("confirms"))
        try:
            feishu.registration.scan(flask.request.url, person, confirms=confirms)
        except ValueError as exc:
            return page("链接无效 / Dead link", str(exc), status=410)
        return page("好了 / Done", "可以关闭这个页面 / You can close this page")
