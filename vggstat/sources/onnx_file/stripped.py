"""The bytes of an ONNX file without the values of its large tensors: a file of 500 MB is read in some kilobytes.

An ONNX file is one protobuf message (onnx.proto). Its fields are passed one by one: tags and lengths are read, what is
wanted is copied, and the values of weights are stepped over without being read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from vggstat.errors import InputError

__all__ = ["LARGEST_VALUES", "read_stripped"]

LARGEST_VALUES: Final = 1024
"""Bytes of values up to which a tensor keeps them: those that shapes and settings are made of have some dozens."""

MOST_KEPT: Final = 64_000_000
"""Bytes beside the weights; a network of 100,000 layers has some 20 million."""

MOST_FIELDS: Final = 1_000_000
"""Fields that are looked at: a node or a tensor of some hundred bytes is one."""

DEEPEST: Final = 60
"""How deep graphs lie in nodes and nodes in graphs; protobuf itself stops at 100 messages."""

BY_LENGTH: Final = 2
"""The wire type of messages, texts and packed values."""

FIXED: Final[Mapping[int, int]] = {1: 8, 5: 4}
"""Bytes of the wire types that have no length of their own."""


class _Message(NamedTuple):
    """What is done with the fields of a message, by their numbers; those that are not named are copied."""

    within: Mapping[int, str] = {}
    """Messages that may hold large tensors."""
    values: tuple[int, ...] = ()
    """Values of a tensor."""
    dropped: tuple[int, ...] = ()
    """What nobody needs: documentation, training, where external data lie."""


MESSAGES: Final[Mapping[str, _Message]] = {
    "ModelProto": _Message(within={7: "GraphProto", 25: "FunctionProto"}, dropped=(6, 14, 20)),
    "GraphProto": _Message(
        within={1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"}, dropped=(10, 14, 16)
    ),
    "FunctionProto": _Message(within={7: "NodeProto", 11: "AttributeProto"}, dropped=(8, 14)),
    "NodeProto": _Message(within={5: "AttributeProto"}, dropped=(6, 9)),
    "AttributeProto": _Message(
        within={5: "TensorProto", 6: "GraphProto", 10: "TensorProto", 11: "GraphProto", 22: "SparseTensorProto"},
        dropped=(13,),
    ),
    "SparseTensorProto": _Message(within={1: "TensorProto", 2: "TensorProto"}),
    "TensorProto": _Message(values=(4, 5, 6, 7, 9, 10, 11), dropped=(12, 13, 16)),
}  # fmt: skip
"""onnx.proto, release 1.21: the numbers have never changed."""


class _Source:
    """The file, with what was read of it so far."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self.file = file
        self.at = 0
        self.path = path
        self.kept = 0
        self.fields = 0

    def varint(self) -> int:
        """The next number. Raises InputError where there is none."""
        number = 0
        for place in range(10):
            byte = self.file.read(1)
            if not byte:
                raise self.broken("it ends in the middle of a field")
            self.at += 1
            number |= (byte[0] & 0x7F) << 7 * place
            if byte[0] < 0x80:
                return number
        raise self.broken("a number has more than ten bytes")

    def read(self, length: int) -> bytes:
        """So many bytes. Raises InputError where they become too many."""
        self.kept += length
        if self.kept > MOST_KEPT:
            raise InputError(
                f"{self.path}: it has more than {MOST_KEPT // 1_000_000} MB beside its weights: no network has as many"
            )
        data = self.file.read(length)
        if len(data) < length:
            raise self.broken("it ends in the middle of a field")
        self.at += length
        return data

    def skip(self, length: int) -> None:
        self.file.seek(length, 1)
        self.at += length

    def broken(self, reason: str) -> InputError:
        return InputError(f"{self.path}: it is cut off, or not an ONNX file: {reason} (byte {self.at:,})")


def read_stripped(path: Path) -> bytes:
    """The file's message without the values of tensors above ``LARGEST_VALUES`` and without places of external data.

    Raises InputError where it is not a protobuf message of ONNX's form, or too large beside its weights.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        return _stripped(_Source(file, str(path)), size, MESSAGES["ModelProto"], 0)


def _stripped(source: _Source, end: int, message: _Message, depth: int) -> bytes:
    """What is kept of a message up to ``end``: of a tensor all of its values, or none."""
    if depth > DEEPEST:
        raise InputError(f"{source.path}: its graphs lie in one another more than {DEEPEST} deep")
    kept: list[bytes] = []
    values: list[bytes | None] = []
    while source.at < end:
        source.fields += 1
        if source.fields > MOST_FIELDS:
            raise InputError(
                f"{source.path}: it has more than {MOST_FIELDS:,} nodes, tensors and settings: no network has as many"
            )
        tag = source.varint()
        body = _body(source, tag, end, message, depth)
        if tag >> 3 in message.values:
            values.append(None if body is None else _encoded(tag) + body)
        elif body is not None:
            kept.append(_encoded(tag) + body)
    if source.at > end:
        raise source.broken("a field reaches beyond the end of what holds it")
    small = [value for value in values if value is not None]
    if len(small) == len(values) and sum(map(len, small)) <= LARGEST_VALUES + 16:  # with tags and lengths
        kept += small
    return b"".join(kept)


def _body(source: _Source, tag: int, end: int, message: _Message, depth: int) -> bytes | None:
    """A field after its tag; None where it is stepped over. Raises InputError where it does not fit in what holds it."""
    number, wire = tag >> 3, tag & 7
    if wire != BY_LENGTH:
        return _without_length(source, wire)
    length = source.varint()
    if source.at + length > end:
        raise source.broken(f"a field of {length:,} bytes reaches beyond the end of what holds it")
    if number in message.dropped or (number in message.values and length > LARGEST_VALUES):
        source.skip(length)
        return None
    if number in message.within and length > LARGEST_VALUES:
        inner = _stripped(source, source.at + length, MESSAGES[message.within[number]], depth + 1)
        return _encoded(len(inner)) + inner
    return _encoded(length) + source.read(length)


def _without_length(source: _Source, wire: int) -> bytes:
    """The value of a field that tells no length. Raises InputError for a wire type that ONNX does not have."""
    if wire == 0:
        return _encoded(source.varint())
    if wire not in FIXED:
        raise source.broken(f"a field of the unknown type {wire}")
    return source.read(FIXED[wire])


def _encoded(number: int) -> bytes:
    """As a varint."""
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    coded.append(number)
    return bytes(coded)
