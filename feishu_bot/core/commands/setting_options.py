"""What the cards have in common on which something is chosen for a conversation."""

from __future__ import annotations

from feishu_bot.core.cards import Option, Paragraph, Text
from feishu_bot.core.conversation_keys import RUNNING
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.modes import AUTO, MODES

# An option needs a value; no model, role or mode is called so.
DEFAULT = "-"
# From strict to free in each generation, the older one first.
MODE_ORDER = (
    "fresh",
    "warm",
    "balanced",
    "creative",
    "strict",
    "concise",
    "standard",
    "divergent",
)


def scope_hint(key: ConversationKey) -> Paragraph:
    """Where the choice holds: in a chat that is one conversation from the next message on."""
    return Paragraph(Text("chosen_here" if key.root == RUNNING else "chosen_reply"), is_small=True)


def mode_label(mode: str) -> Text:
    """A mode with its temperature, or that the temperature is up to the model."""
    if mode not in MODES:
        return Text("mode_auto")
    return Text("mode_option", {"mode": mode, "temperature": f"{MODES[mode]:.1f}"})


def mode_options() -> tuple[Option, ...]:
    """Every mode, and none."""
    return tuple(Option(mode_label(mode), mode) for mode in (AUTO, *MODE_ORDER))
