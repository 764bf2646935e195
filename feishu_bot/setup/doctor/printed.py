"""A report as text for people and as JSON for programs; docs/doctor.md describes the latter."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from feishu_bot.core.doctor import STATES, Finding, Report, State
from feishu_bot.core.languages import Words

SIGNS: Mapping[State, str] = {"ok": "✓", "warning": "!", "fault": "✗", "unknown": "?"}
# Grows when a member changes its meaning or goes; new ones may come at any time.
FORMAT = 1


def as_lines(report: Report) -> Iterator[str]:
    """What needs somebody first, each finding in Chinese and then in English."""
    for state in STATES:
        for finding in report.of(state):
            yield from finding_lines(finding)
    yield ""
    yield summary(report)


def finding_lines(finding: Finding) -> Iterator[str]:
    """Two lines, and one more where there is a page to go to."""
    words = sentence(finding)
    seen = f" ({finding.evidence})" if finding.evidence else ""
    yield f"{SIGNS[finding.state]} {words.zh}"
    yield f"  {words.en}{seen}"
    if finding.link and finding.state != "ok":
        yield f"  → {finding.link}"


def sentence(finding: Finding) -> Words:
    """A finding in one line of each language: what it is about, how it is, what to do."""
    zh = [f"{finding.title.zh}：{finding.what.zh}"]
    en = [f"{finding.title.en}: {finding.what.en}"]
    if finding.remedy:
        zh.append(finding.remedy.zh)
        remedy = finding.remedy.en
        en.append(remedy[:1].upper() + remedy[1:])
    # What is also shown as a sentence in the chat ends with a stop already.
    return Words(
        "。".join(part.removesuffix("。") for part in zh),
        ". ".join(part.removesuffix(".") for part in en),
    )


def summary(report: Report) -> str:
    """All of it in a line."""
    faults, warnings = len(report.of("fault")), len(report.of("warning"))
    if not faults and not warnings:
        return "没有发现问题 / Nothing wrong was found"
    zh, en = [], []
    if faults:
        zh.append(f"{faults} 处不通")
        en.append(f"{faults} not working")
    if warnings:
        zh.append(f"{warnings} 处要留意")
        en.append(f"{warnings} to look at")
    return f"{'，'.join(zh)} / {', '.join(en)}"


def as_json(report: Report) -> str:
    """The report as an object of JSON."""
    return json.dumps(
        {
            "format": FORMAT,
            "version": report.version,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(report.at)),
            "well": report.is_well,
            "findings": [_object(finding) for finding in report.findings],
        },
        ensure_ascii=False,
        indent=2,
    )


def from_json(text: str, at: float) -> Report | None:
    """The report that `as_json` has written; None for anything else, as of another version."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            return None
        findings = tuple(_finding(one) for one in data["findings"])
        return Report(version=data["version"], at=at, findings=findings)
    except (ValueError, KeyError, TypeError):
        return None


def _object(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "state": finding.state,
        "title": _both(finding.title),
        "what": _both(finding.what),
        "remedy": _both(finding.remedy),
        "evidence": finding.evidence,
        "link": finding.link,
    }


def _finding(data: Mapping[str, Any]) -> Finding:
    words = {name: Words(**data[name]) for name in ("title", "what", "remedy")}
    return Finding(
        check=data["check"],
        state=data["state"],
        evidence=data["evidence"],
        link=data["link"],
        **words,
    )


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}
