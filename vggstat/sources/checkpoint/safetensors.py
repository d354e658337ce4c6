"""The header of a .safetensors file: 8 bytes of length, then JSON. No tensor is read, and no library needed.

Format: huggingface/safetensors README, "Format".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeGuard

from vggstat.errors import InputError
from vggstat.shapes import values
from vggstat.sources.checkpoint.limits import few
from vggstat.sources.state_dict import StateDict, StoredTensor, under

__all__ = ["read"]

PREFIX: Final = 8
MAX_HEADER: Final = 100_000_000
"""The format's own limit, in bytes."""
MAX_AXES: Final = 32

BITS: Final = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "I64": 64,
    "U64": 64,
    "F64": 64,
    "C64": 64,
}
"""Bits of a value, by the format's names."""


def read(path: Path, key: str | None) -> StateDict:
    """The tensors in the order of the header, all or those under ``key``. Raises InputError for anything that is not the format."""
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(PREFIX)
        length = int.from_bytes(prefix, "little")
        if len(prefix) < PREFIX or length > MAX_HEADER:
            raise InputError(f"{path}: it is no .safetensors file: its first 8 bytes are no header's length")
        header = file.read(length)
    if len(header) < length:
        raise InputError(
            f"{path}: it is cut off: its header has {length:,} bytes, the file {size - PREFIX:,} after them"
        )
    entries = _entries(path, header)
    data = size - PREFIX - length
    placed = [_tensor(path, name, entry, data) for name, entry in few(entries.items(), path)]
    _check_places(path, placed, data)
    state = StateDict(
        origin=str(path),
        format="safetensors",
        layout="torch",
        tensors=tuple(entry.tensor for entry in placed),
        note="header only",
    )
    return under(state, key)


class _Placed(NamedTuple):
    """A tensor, and where its bytes stand among the data."""

    tensor: StoredTensor
    start: int
    end: int


def _check_places(path: Path, placed: list[_Placed], data: int) -> None:
    """Raises InputError unless the tensors fill the data one after the other: so the format has it."""
    at = 0
    for tensor, start, end in sorted(placed, key=lambda entry: entry[1:]):
        if start != at:
            where = (
                f"in the last {at - start:,} bytes of another tensor"
                if start < at
                else f"after a gap of {start - at:,} bytes"
            )
            raise InputError(f"{path}: the data of {tensor.name[:80]!r} begin {where}")
        at = end
    if at != data:
        raise InputError(f"{path}: its header describes {at:,} bytes of tensors, but it holds {data:,}")


def _entries(path: Path, header: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise ValueError("a name stands there twice")
        return dict(pairs)

    try:
        entries = json.loads(header.decode("utf-8"), object_pairs_hook=once)
    except RecursionError:
        raise InputError(f"{path}: its header is not JSON of tensors: it is nested too deeply") from None
    except ValueError as error:
        reason = "a number has too many digits" if "digits" in str(error) else error
        raise InputError(f"{path}: its header is not JSON: {reason}") from None
    if not isinstance(entries, dict):
        raise InputError(f"{path}: its header is no JSON object")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise InputError(f"{path}: its header's __metadata__ is no object of texts")
    return entries


def _tensor(path: Path, name: str, entry: Any, data: int) -> _Placed:
    """The tensor of an entry, with its place. Raises InputError where the entry is none."""
    problem = InputError(f"{path}: the header's entry of {name[:80]!r} makes no sense")
    if not isinstance(entry, dict):
        raise problem
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if (
        not isinstance(dtype, str)
        or dtype not in BITS
        or not _are_naturals(shape)
        or not _are_naturals(offsets)
        or len(offsets) != 2
    ):
        raise problem
    start, end = offsets
    if (end - start) * 8 != values(tuple(shape)) * BITS[dtype]:
        raise problem
    if end > data:
        raise InputError(
            f"{path}: it is cut off: {name[:80]} ends at byte {end:,}, the file's data at {data:,}"
        )
    return _Placed(StoredTensor(name, tuple(shape), dtype), start, end)


def _are_naturals(value: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= MAX_AXES
        and all(type(item) is int and 0 <= item < 2**63 for item in value)
    )
