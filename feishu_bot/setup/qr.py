"""A link as a QR code: in the terminal, and as a picture of the page."""

from __future__ import annotations

import io

# A scanner needs four empty modules around the code.
BORDER = 4


def terminal_code(url: str, columns: int) -> str:
    """The code in half blocks, in black on white whatever the terminal's colours; "" if too wide.

    Its colours are set by escape sequences, for a code in the terminal's own would be inverted on a
    dark one, and not every phone reads that.
    """
    import segno

    code = segno.make(url, error="l", micro=False)
    rows = [[bool(dark) for dark in row] for row in code.matrix_iter(border=BORDER)]
    if not rows or len(rows[0]) > columns:
        return ""
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        cells = (_CELLS[pair] for pair in zip(upper, lower, strict=True))
        lines.append(f"\x1b[38;5;16;48;5;231m{''.join(cells)}\x1b[0m")
    return "\n".join(lines)


def picture(url: str) -> str:
    """The code as an SVG document, on white."""
    import segno

    out = io.BytesIO()
    segno.make(url, error="l", micro=False).save(
        out, kind="svg", border=BORDER, light="#fff", dark="#000", scale=4, svgclass=None,
        lineclass=None, omitsize=True, xmldecl=False,
    )  # fmt: skip
    return out.getvalue().decode()


_CELLS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
