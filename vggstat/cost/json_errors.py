"""What is wrong with a JSON file of ours, in words that name the place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from vggstat.errors import InputError

__all__ = ["check_schema", "told_in_words"]


@contextmanager
def told_in_words(data: bytes, source: str, what: str, advice: str = "") -> Iterator[None]:
    """Turns what msgspec raises while it reads ``data`` into an InputError.

    ``what`` says what the file should be, and ``advice`` what to do about one that is, but not as expected.
    """
    try:
        yield
    except msgspec.ValidationError as error:
        hint = f"; {advice}" if advice else ""
        raise InputError(f"{source}: {_in_words(str(error))}{hint}") from None
    except msgspec.DecodeError as error:
        raise InputError(f"cannot read {source}: {_syntax(str(error), data, what)}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {source}: it is not a text file in UTF-8") from None
    except RecursionError:
        raise InputError(f"cannot read {source}: it is nested too deeply") from None


def check_schema(schema: object, known: int, source: str, *, again: str) -> None:
    """Raises InputError for a schema that is not the known one; ``again`` is the advice for an older file."""
    if type(schema) is not int:
        raise InputError(f"{source}: schema: expected a whole number")
    if schema != known:
        advice = "update vggstat" if schema > known else again
        raise InputError(f"{source} is of schema {schema}, and this vggstat reads schema {known}: {advice}")


_WORDS: Final = {
    "int": "a whole number", "float": "a number", "str": "a text", "bool": "true or false", "array": "a list",
    "object": "an object", "null": "null", "number": "a number",
}  # fmt: skip


def _in_words(text: str) -> str:
    """msgspec's message with the place before it, and JSON's names of what there is."""
    message, _, place = text.partition(" - at `$")
    place = place.rstrip("`").lstrip(".") or "the file"
    missing = re.fullmatch(r"Object missing required field `(\w+)`", message)
    if missing:
        return f"{place}.{missing[1]}: is missing".removeprefix("the file.")
    message = re.sub(r"^Invalid enum value (.*)", r"\1 is none of the words that may stand here", message)
    message = re.sub(r"`([a-z]+(?: \| [a-z]+)*)`", _types, message).replace("`", "")
    return f"{place}: {message[:1].lower()}{message[1:]}"


def _types(match: re.Match[str]) -> str:
    return " or ".join(_WORDS.get(word, word) for word in match[1].split(" | "))


def _syntax(reason: str, data: bytes, what: str) -> str:
    """Where the text stops being JSON, and what that may mean."""
    match = re.search(r"\(byte (\d+)\)", reason)
    if match:
        before = data[: int(match[1])]
        place = f"line {before.count(10) + 1}, column {len(before) - before.rfind(10)}"
        reason = reason.replace(match[0], f"({place})")
    text = data.strip()
    started = not text or text.startswith((b"{", b"["))
    if started and not text.endswith(b"}"):
        return f"{reason}; it ends in the middle: was it cut off?"
    return f"{reason}; is it {what}?"
