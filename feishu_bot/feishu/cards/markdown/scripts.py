"""Superscripts and subscripts, as far as Unicode has characters for them."""

from __future__ import annotations

_SUPER = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθφχ⊤",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᵠᵡᵀ",
)
_SUB = str.maketrans(
    "0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ"
)
# Signs that stand high already.
_HIGH = frozenset("′″‴°*†‡")


def superscript(text: str) -> str:
    """The text set high; empty where Unicode lacks one of its characters."""
    return _translated(text, _SUPER, _HIGH)


def subscript(text: str) -> str:
    """The text set low; empty where Unicode lacks one of its characters."""
    return _translated(text, _SUB, frozenset())


def _translated(text: str, table: dict[int, int], kept: frozenset[str]) -> str:
    if not all(ord(sign) in table or sign in kept for sign in text):
        return ""
    return text.translate(table)
