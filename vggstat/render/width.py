"""Text made fit for a place: harmless, encodable, as wide as it looks, wrapped at words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

__all__ = [
    "character_references",
    "cleaner",
    "encodable",
    "harmless",
    "json_escaped",
    "longest_word",
    "quiet",
    "quiet_lines",
    "visible",
    "width",
    "wrap",
]

FALLBACKS = {
    "×": "x", "·": ".", "–": "-", "—": "-", "−": "-", "─": "-", "│": "|", "├": "|", "└": "`", "┌": ",",
    "≈": "~", "≠": "!=", "≤": "<=", "≥": ">=", "±": "+-", "÷": "/", "√": "sqrt", "∞": "inf", "→": "->",
    "²": "^2", "³": "^3", "°": " deg", "µ": "u", "μ": "u", "Δ": "d", "✓": "v", "✗": "x", "…": "...",
    "•": "*", "“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u2009": " ", "\u202f": " ",
    "█": "#", "▉": "#", "▊": "#", "▋": "#", "▌": "#", "▍": "|", "▎": "|", "▏": "|",
}  # fmt: skip
"""What stands in for a character that an encoding lacks; for any other it is a question mark."""

UNITS = frozenset(
    {"B", "kB", "MB", "MiB", "GB", "GiB", "TB", "%", "px", "pt", "ppm", "s", "ms", "µs", "×"}
    | {scale + counted for scale in ("", "k", "M", "G") for counted in ("MACs", "FLOPs")}
)
"""What stands behind a number with a blank between, and is not parted from it at the end of a line."""

_INVISIBLE_BUT_HARMLESS = "\u00a0\u2009\u202f\u200c\u200d\u3000"
_WIDTHS = dict.fromkeys(FALLBACKS, 1)


def visible(text: str) -> str:
    """The text with control characters, lone surrogates and the like written out: ESC becomes ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character.isprintable() or character in _INVISIBLE_BUT_HARMLESS:
        return character
    return ascii(character)[1:-1]


_COMMAND = re.compile(r"##(?=\w*\[)")
"""How a command to the log of a CI begins, wherever it stands in a line: ``##[error]``, ``##vso[task...]``."""


def quiet(line: str, form: str = "\\x%02x") -> str:
    """A line that the log of a CI takes for text: no ``::error::`` begins it, and no ``##[error]`` stands in it.

    ``form`` is how the first sign of such a command is written: ``&#%d;`` in HTML.
    """
    if "##" in line:
        line = _COMMAND.sub(lambda _: form % ord("#") + "#", line)
    body = line.lstrip()
    return line[: len(line) - len(body)] + form % ord(":") + body[1:] if body.startswith("::") else line


def quiet_lines(text: str, form: str = "\\x%02x") -> str:
    """The same for each line of a text."""
    return "\n".join(quiet(line, form) for line in text.split("\n"))


def harmless(line: str) -> str:
    """A line that does nothing to a terminal, nor to the log of a CI."""
    return quiet(visible(line))


def json_escaped(text: str, ascii_only: bool = False) -> str:
    """A document of JSON with control characters and the like as JSON writes them; its own line ends stay."""
    if text.isascii() and text.isprintable() and "##" not in text:
        return text  # the usual piece of a large document
    text = quiet_lines(text, "\\u%04x")
    inside = text.replace("\n", "")
    if inside.isprintable() and (inside.isascii() or not ascii_only):
        return text
    return "".join(
        c if c == "\n" or (c.isprintable() and (c.isascii() or not ascii_only)) else _json_character(c)
        for c in text
    )


def _json_character(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def encodable(text: str, encoding: str) -> str:
    """The text with each character that ``encoding`` lacks replaced by one that says the same, or ``?``."""
    if text.isascii():
        return text
    encoding = _known(encoding)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_encodable_character(character, encoding) for character in text)
    return text


def character_references(text: str, encoding: str) -> str:
    """The text with every character that ``encoding`` lacks as HTML writes it: ``&#215;``."""
    encoding = _known(encoding)
    return text.encode(encoding, "xmlcharrefreplace").decode(encoding)


def _known(encoding: str) -> str:
    """The encoding, or ASCII where Python has no such encoding."""
    try:
        "".encode(encoding)
    except LookupError:
        return "ascii"
    return encoding


def _encodable_character(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return FALLBACKS.get(character, "?")
    return character


def cleaner(encoding: str) -> Callable[[str], str]:
    """The function that makes a text harmless, and encodable (an unknown encoding counts as ASCII)."""
    if encoding.lower().startswith("utf"):
        return visible
    return lambda text: encodable(visible(text), encoding)


def width(text: str) -> int:
    """The terminal cells the text takes: two for a wide East Asian character, none for a combining one."""
    if text.isascii() or max(text) < "\u0300":
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    known = _WIDTHS.get(character)
    if known is None:
        known = _WIDTHS[character] = 1 if character < "\u0300" else _unicode_width(character)
    return known


def _unicode_width(character: str) -> int:
    import unicodedata

    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def longest_word(text: str) -> int:
    """The width of the longest word: the narrowest that the text can be wrapped to."""
    return max(map(width, text.split(" ")))


def _joined(words: list[str], room: int) -> Iterator[str]:
    """The words, a number and its unit as one where both have room on a line."""
    held = words[0]
    for word in words[1:]:
        pair = f"{held} {word}"
        if held[-1:].isdigit() and word.rstrip(".,;:)") in UNITS and width(pair) <= room:
            held = pair
        else:
            yield held
            held = word
    yield held


def wrap(text: str, limit: int, hang: int | None = None) -> list[str]:
    """The text in lines of at most ``limit`` cells, but for wider words; blanks inside a line are kept.

    A number and its unit stay together.
    Lines after the first begin with ``hang`` blanks, or with as many as the text itself begins with.
    """
    if width(text) <= limit:
        return [text]
    body = text.lstrip(" ")
    if not body:
        return [""]
    lead = " " * (len(text) - len(body))
    indent = lead if hang is None else " " * hang
    lines: list[str] = []
    line, used = lead, len(lead)
    empty = True
    pending = 0
    for word in _joined(body.split(" "), limit - len(indent)):
        if not word:
            pending += 1
            continue
        size = width(word)
        if not empty and used + pending + size > limit:
            lines.append(line)
            line, used, pending = indent, len(indent), 0
        line += " " * pending + word
        used += pending + size
        pending, empty = 1, False
    lines.append(line)
    return lines
