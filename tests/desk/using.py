"""What a person does in the page, and how an answer is found: by its question."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.polling import eventually


def write(page: Page, text: str, place: str = ".conversation") -> None:
    """Into the composer of the chat that is open, or of the thread beside it."""
    box = page.locator(f"{place} textarea")
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value("")


def from_bot(page: Page) -> Locator:
    return page.locator("main article[data-sender=bot]")


def answer_to(page: Page, question: str) -> Locator:
    """What the bot replied to a question in the chat that is open."""
    quote = page.locator(".quote-text", has_text=re.compile(f"[：:] ?{re.escape(question)}$"))
    return from_bot(page).filter(has=quote)


def tool(message: Locator, label: str) -> Locator:
    """One of the tools that appear over a message."""
    message.hover()
    return message.get_by_role("button", name=label, exact=True)


def press_tool(message: Locator, label: str) -> None:
    """Press one of them. A message that is drawn anew under the mouse is pointed at again."""

    def is_pressed() -> bool:
        try:
            tool(message, label).click(timeout=1_000)
        except PlaywrightTimeout:
            return False
        return True

    eventually(is_pressed, timeout=20)


def choose_fault(page: Page, kind: str) -> None:
    """Have the simulated model fail in this way, once the menu of faults is open.

    The choice is drawn when the simulator has taken it, which is a moment after the click.
    """
    choice = page.locator(f"input[name=faults-model][value={kind}]")
    choice.click()
    expect(choice).to_be_checked()
