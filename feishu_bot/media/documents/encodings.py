"""Bytes to text, in the encodings that people in China and elsewhere still write."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Among all encodings there are, one that nobody uses often fits best.
_CANDIDATES = ["gb18030", "big5", "cp932", "euc_jp", "iso2022_jp", "cp949", "cp1252", "cp1251"]
# A statistical guess needs this much text, and time that grows with it.
_SAMPLE = 100_000
# One character in so many may be broken in UTF-8: text in another encoding is far above that.
_RARE = 50


def decode(data: bytes) -> str:
    """The text of a file; never raises: what is in no encoding becomes U+FFFD.

    The order is that of certainty. A mark at the start decides; UTF-8 is hardly ever met by
    chance; two-byte text without a mark shows by its NULs. For all else GB 18030 and Big5 are
    tried where the statistics of charset-normalizer see Chinese or are not sure.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    for encoding in ("utf-8", *_two_byte(data)):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    if (text := _nearly_utf8(data)) is not None:
        return text
    guess = _guess(data)
    for encoding in ("gb18030", "big5", "cp932", "euc_kr") if guess is None else (guess,):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    # Cut in the middle of a character, or with a few odd bytes.
    return data.decode(guess or "gb18030", "replace")


def _nearly_utf8(data: bytes) -> str | None:
    """The text where it is UTF-8 but for a few bytes: a log that was cut, or a stray byte in it."""
    text = data.decode("utf-8", "replace")
    wide = len(text) - len(text.encode("ascii", "ignore"))
    broken = text.count("\ufffd")
    return text if broken * _RARE <= wide else None


def _two_byte(data: bytes) -> tuple[str, ...]:
    if b"\0" not in data or len(data) % 2:
        return ()
    even, odd = data[::2].count(0), data[1::2].count(0)
    return ("utf-16-le",) if odd > even else ("utf-16-be",)


def _guess(data: bytes) -> str | None:
    """An encoding other than GB 18030 that the bytes speak for clearly; else None."""
    from charset_normalizer import from_bytes

    sample = data[:_SAMPLE]
    if _reads_as_chinese(sample):
        return None
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best is not None else None


def _reads_as_chinese(sample: bytes) -> bool:
    """Whether GB 18030 gives mostly characters that Chinese is written with.

    Statistics on a few dozen bytes of Chinese find Korean or Japanese as often; the common
    characters and punctuation of GB 2312 are a better sign.
    """
    # The sample may end within a character of up to four bytes.
    text = codecs.getincrementaldecoder("gb18030")("replace").decode(sample)
    wide = [character for character in text if ord(character) > 0x7F]
    common = sum(1 for character in wide if _is_common(character))
    return bool(wide) and common >= len(wide) * 0.9


def _is_common(character: str) -> bool:
    # Rows 1–9 and 16–55 of GB 2312: symbols, kana and the 3,755 characters of level 1.
    try:
        lead = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7
