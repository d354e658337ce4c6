"""Scalars to values: each function checks one type, and says what it wanted and what it got."""

from __future__ import annotations

import re
from typing import Any, Final

from vggstat.fields import Field
from vggstat.shapes import Sides, square
from vggstat.sources.spec.language import MAX_LINE, NUMBER, describe
from vggstat.sources.spec.problems import nearest
from vggstat.sources.spec.yaml_nodes import Node, Scalar, Sequence

__all__ = ["UnreadableError", "read_integer", "read_text", "read_value"]

MAX_DIGITS: Final = 30

# What PyYAML's safe loader takes for an integer (https://yaml.org/type/int.html), by spelling and base.
# Compiled when an error needs them: compiling takes 0.2 ms a pattern.
_YAML_INTEGERS: Final = (
    (r"\+?0b([01_]+)", 2, "in binary"),
    (r"\+?0x([0-9a-fA-F_]+)", 16, "in hexadecimal"),
    (r"\+?0([0-7_]+)", 8, "in octal"),
    (r"\+?([0-9][0-9_]*)", 10, ""),
)
_BASE_60: Final = r"[1-9][0-9_]{0,9}(:[0-5]?[0-9]){1,9}"
_YAML_TRUE: Final = frozenset({"true", "yes", "on", "y"})
_YAML_FALSE: Final = frozenset({"false", "no", "off", "n"})


class UnreadableError(Exception):
    """A value that is not what its place needs; its text is the message."""


def read_value(node: Node, field: Field) -> Any:
    """The value of a layer's field. Raises UnreadableError."""
    if field.type == "integer":
        return _bounded(read_integer(node, describe(field)), node, field)
    if field.type == "number":
        return _read_number(node, field)
    if field.type == "boolean":
        return _read_boolean(node)
    if field.type == "choice":
        return _read_choice(node, field)
    if field.type == "padding" and isinstance(node, Scalar) and node.text == "same":
        return "same"
    return _read_sides(node, field)


def _read_sides(node: Node, field: Field) -> Sides:
    """One number, or height and width; two that are the same are one."""
    if not isinstance(node, Sequence):
        return int(_bounded(read_integer(node, describe(field)), node, field))
    if len(node.items) != 2:
        got = f"{len(node.items)} numbers" if node.items else str(node)
        raise UnreadableError(f"expected one number, or [height, width], got {got}")
    height, width = (int(_bounded(read_integer(item, describe(field)), item, field)) for item in node.items)
    return square(height, width)


def read_integer(node: Node, wanted: str) -> int:
    """The integer that ``node`` writes in plain decimal digits. Raises UnreadableError."""
    if not isinstance(node, Scalar):
        raise UnreadableError(f"expected {wanted}, got {node}")
    text = node.text
    digits = text.isascii() and text.isdigit()
    if digits and node.plain and (text[0] != "0" or text == "0"):
        if len(text) > MAX_DIGITS:
            raise UnreadableError(f"expected {wanted}, got a number of {len(text)} digits")
        return int(text)
    if digits and not node.plain:
        raise UnreadableError(f"expected {wanted}, got the text {node}: leave out the quotes")
    raise UnreadableError(f"expected {wanted}, got {node}{_hint(node)}")


def _bounded(value: float, node: Node, field: Field) -> Any:
    if value > field.maximum:
        raise UnreadableError(f"expected {describe(field)} of at most {field.maximum:.12g}, got {node}")
    if value < field.minimum:
        raise UnreadableError(f"expected {describe(field)}, got {node}")
    return value


def _read_number(node: Node, field: Field) -> float:
    bounds = f"{describe(field)} from {field.minimum:.12g} to {field.maximum:.12g}"
    if not isinstance(node, Scalar):
        raise UnreadableError(f"expected {bounds}, got {node}")
    if not node.plain or not re.fullmatch(NUMBER, node.text):
        quoted = not node.plain and re.fullmatch(NUMBER, node.text)
        raise UnreadableError(f"expected {bounds}, got {node}{': leave out the quotes' if quoted else ''}")
    value = float(node.text)
    if not field.minimum <= value <= field.maximum:
        raise UnreadableError(f"expected {bounds}, got {node}")
    return value


def _read_boolean(node: Node) -> bool:
    if isinstance(node, Scalar):
        if node.plain and node.text in {"true", "false"}:
            return node.text == "true"
        word = node.text.lower()
        if word in _YAML_TRUE | _YAML_FALSE:
            meant = "true" if word in _YAML_TRUE else "false"
            raise UnreadableError(f"expected true or false, got {node}: write {meant}, without quotes")
    raise UnreadableError(f"expected true or false, got {node}")


def _read_choice(node: Node, field: Field) -> str:
    if isinstance(node, Scalar):
        if node.text in field.choices:
            return node.text
        close = nearest(node.text, field.choices)
        if close:
            raise UnreadableError(f"expected {describe(field)}, got {node}: did you mean {close[0]!r}?")
    raise UnreadableError(f"expected {describe(field)}, got {node}")


def read_text(node: Node, pattern: str = "", wanted: str = "a text") -> str:
    """The one line of text that ``node`` holds, in the form of ``pattern`` if given. Raises UnreadableError.

    What YAML would read as a number, a date or a truth value is text here: a network may be called 1 or on.
    """
    if not isinstance(node, Scalar) or node.is_null or not node.text.strip():
        raise UnreadableError(f"expected {wanted}, got {node}")
    # A block scalar (title: >) ends in a line break that nobody means; a name is taken as it is.
    text = node.text if pattern else node.text.strip()
    if not text.isprintable():
        raise UnreadableError(f"expected {wanted} on one line without control characters, got {node}")
    if pattern and not re.fullmatch(pattern, text):
        raise UnreadableError(f"expected {wanted}, got {node}")
    if len(text) > MAX_LINE:
        raise UnreadableError(f"expected {wanted} of at most {MAX_LINE} characters, got {len(text)}")
    return text


def _hint(node: Scalar) -> str:
    """What YAML 1.1 would have made of a spelling that is no integer here, or a repair."""
    text = node.text
    if not node.plain or len(text) > MAX_DIGITS:
        return ""
    for spelling, base, name in _YAML_INTEGERS:
        match = re.fullmatch(spelling, text)
        digits = match[1].replace("_", "") if match else ""
        if digits:
            value = int(digits, base)
            reading = f" (YAML 1.1 reads it {name} as {value})" if name else ""
            return f"{reading}: write decimal digits only"
    if re.fullmatch(_BASE_60, text):
        value = 0
        for part in text.replace("_", "").split(":"):
            value = 60 * value + int(part)
        return f" (YAML 1.1 reads it in base 60 as {value}): write decimal digits only"
    if re.fullmatch(r"[1-9][0-9]*\.0*", text):
        return f": write {text.split('.')[0]}"
    if text.lower() in _YAML_TRUE | _YAML_FALSE:
        return " (which YAML 1.1 reads as a truth value)"
    if re.fullmatch(NUMBER, text):
        return ": write decimal digits only"
    return ""
