"""How the commands of LaTeX are written in Unicode, where pylatexenc's tables don't say or differ.

Bold and upright letters are plain ones here: the mathematical alphabets beyond the basic plane
are boxes on some phones.
"""

from __future__ import annotations

_FUNCTIONS = (
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim ln log"
    " max min Pr sec sin sinh sup tan tanh Re Im"
)
FUNCTIONS = {
    **{name: name for name in _FUNCTIONS.split()},
    "liminf": "lim inf",
    "limsup": "lim sup",
}

SYMBOLS = {
    "{": "{",
    "}": "}",
    "%": "%",
    "$": "$",
    "#": "#",
    "_": "_",
    "&": "&",
    "|": "‖",
    "ne": "≠",
    "neq": "≠",
    "le": "≤",
    "leq": "≤",
    "leqslant": "≤",
    "ge": "≥",
    "geq": "≥",
    "geqslant": "≥",
    "ll": "≪",
    "gg": "≫",
    "implies": "⟹",
    "impliedby": "⟸",
    "iff": "⟺",
    "land": "∧",
    "lor": "∨",
    "lnot": "¬",
    "neg": "¬",
    "to": "→",
    "gets": "←",
    "mapsto": "↦",
    "longmapsto": "⟼",
    "rightleftharpoons": "⇌",
    "therefore": "∴",
    "because": "∵",
    "mid": "|",
    "vert": "|",
    "lvert": "|",
    "rvert": "|",
    "Vert": "‖",
    "lVert": "‖",
    "rVert": "‖",
    "langle": "⟨",
    "rangle": "⟩",
    "lbrace": "{",
    "rbrace": "}",
    "lbrack": "[",
    "rbrack": "]",
    "bmod": "mod",
    "mod": "mod",
    "prime": "′",
    "degree": "°",
    "celsius": "℃",
    "dots": "…",
    "ldots": "…",
    "dotsc": "…",
    "cdots": "⋯",
    "dotsb": "⋯",
    "vdots": "⋮",
    "ddots": "⋱",
    "colon": ":",
    "coloneqq": ":=",
    "ast": "*",
    "star": "⋆",
    "slash": "/",
    "backslash": "\\",
    "iint": "∬",
    "iiint": "∭",
    "oint": "∮",
    "varnothing": "∅",
    "emptyset": "∅",
    "complement": "∁",
    "setminus": "∖",
    "hbar": "ħ",
    "ell": "ℓ",
    "square": "□",
    "Box": "□",
    "blacksquare": "■",
    "checkmark": "✓",
    "triangle": "△",
    "angle": "∠",
    "uparrow": "↑",
    "downarrow": "↓",
    "varepsilon": "ε",
    "epsilon": "ε",
    "phi": "φ",
    "varphi": "φ",
    "vartheta": "ϑ",
    "varsigma": "ς",
    "varpi": "ϖ",
    "varrho": "ϱ",
    "sim": "~",
    "simeq": "≃",
    "cong": "≅",
    "models": "⊨",
    "vdash": "⊢",
    "top": "⊤",
    "bot": "⊥",
}

# Signs with a space on either side.
SPACED = frozenset("=≠≤≥≪≫≈≡≃≅∝±∓×÷→←↔⇒⇐⇔⟹⟸⟺⟶⟵↦⟼⇌∈∉∋⊂⊃⊆⊇∪∩∧∨⊕⊗⊢⊨∖⟂∥") | {
    "mod",
    ":=",
    "~",
    "|",
}
# Signs after which a fraction needs no brackets.
OPERATORS = frozenset("·∙⋅∘*+-,;:.") | {"…", "⋯"}

# What ends a term, so that it needs brackets over a fraction's line.
TERM_ENDS = frozenset("+-=<>±∓,;:/∑∏∫→…⋯") | SPACED
OPENING = frozenset("([{|‖⟨⌊⌈")

NEGATED = {
    "=": "≠",
    "∈": "∉",
    "⊂": "⊄",
    "⊆": "⊈",
    "≡": "≢",
    "∃": "∄",
    "≈": "≉",
    "<": "≮",
    ">": "≯",
}

CHARACTERS = {"'": "′", "*": "*", "\n": " ", "\t": " "}
SPECIALS = {"~": " ", "''": "″", "--": "--", "---": "---", "'": "′"}
SPACES = frozenset({",", ";", ":", ">", " ", "\n", "quad", "qquad", "enspace", "thinspace"})
DROPPED = frozenset(
    {"!", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "nonumber", "notag"}
    | {"boxed", "negthinspace", "rm", "bf", "it", "middle"}
)
SIZES = frozenset(
    size + side for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
)
FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"})
TEXTS = frozenset(
    {"text", "textrm", "textbf", "textit", "textsf", "texttt", "mbox", "mathrm", "mathbf", "bm"}
    | {"mathit", "mathsf", "mathtt", "boldsymbol", "operatorname", "mathop", "pmb"}
)
ACCENTS = {
    "hat": "\u0302",
    "widehat": "\u0302",
    "bar": "\u0304",
    "overline": "\u0304",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "vec": "\u20d7",
    "dot": "\u0307",
    "ddot": "\u0308",
}
BLACKBOARD = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "P": "ℙ", "H": "ℍ"}
SCRIPT = {"L": "ℒ", "H": "ℋ", "F": "ℱ", "R": "ℛ", "E": "ℰ", "B": "ℬ", "M": "ℳ", "I": "ℐ"}
# Behind these a fraction ends as before an operator.
ENDS = SIZES | {"right", "\\", "tag", "pmod", "xrightarrow"}
VULGAR = {
    ("1", "2"): "½",
    ("1", "3"): "⅓",
    ("2", "3"): "⅔",
    ("1", "4"): "¼",
    ("3", "4"): "¾",
}

# Environments that only arrange lines.
ALIGNING = frozenset(
    {"equation", "align", "aligned", "gather", "gathered", "split", "multline", "eqnarray"}
    | {"displaymath", "math"}
)
MATRICES = {
    "matrix": "[]",
    "pmatrix": "()",
    "bmatrix": "[]",
    "Bmatrix": "{}",
    "vmatrix": "||",
    "Vmatrix": "‖‖",
    "smallmatrix": "[]",
}
