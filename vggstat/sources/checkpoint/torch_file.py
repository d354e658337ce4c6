"""Files that torch.save wrote, read without torch: their pickle is data here, and no tensor's values are touched."""

from __future__ import annotations

import mmap
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from vggstat.errors import InputError
from vggstat.sources.checkpoint.limits import few
from vggstat.sources.checkpoint.parts import Part, TooMuchError, choose, find_parts
from vggstat.sources.checkpoint.pickled import (
    MAX_BYTES,
    Global,
    Made,
    Storage,
    TensorShape,
    UnreadablePickleError,
    read_pickle,
)
from vggstat.sources.state_dict import StateDict, StoredTensor, under

__all__ = ["read"]

MAGIC: Final = 0x1950A86A20F9469CFC6C
"""The number that files of torch before 1.6 begin with, as a pickle of its own."""

WIDTHS: Final = {
    "float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1,
    "bool": 1, "complex64": 8, "complex128": 16,
}  # fmt: skip
"""Bytes of a value of each format that a storage has."""


def read(path: Path, key: str | None) -> StateDict:
    """The tensors of the likeliest part of a file, in its order, or of the part called ``key``.

    Raises InputError for anything else, UsageError for a key that there is not.
    """
    zipped = zipfile.is_zipfile(path)
    try:
        content, records = _of_zip(path) if zipped else (_of_old_file(path), None)
        parts = find_parts(content)
    except (UnreadablePickleError, TooMuchError) as error:
        raise _unreadable(path, f"{error}") from None
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        struct.error,
        ValueError,
    ) as error:
        raise _unreadable(path, str(error).partition("\n")[0][:160]) from None
    if not parts:
        raise InputError(f"{path}: {_without_tensors(content)}")
    part, rest = choose(parts, key)
    state = under(_state(path, part, zipped=zipped), rest)
    if records is not None:
        _check_records(path, part, records)
    others = (other.name for other in parts if other is not part and other.has_weights and other.path)
    return state.replace(others=tuple(others))


def _state(path: Path, part: Part, *, zipped: bool) -> StateDict:
    tensors = (
        StoredTensor(name, value.shape, value.dtype, _memory(value), learned)
        for name, value, learned in few(part.tensors, path)
    )
    return StateDict(
        origin=str(path),
        format="torch file",
        layout="torch",
        tensors=tuple(tensors),
        part=part.name,
        note="" if zipped else "an old torch file, not a zip",
    )


def _memory(value: TensorShape) -> str:
    """What is equal for two names of one tensor."""
    return f"{value.storage.key} {value.offset} {value.shape} {value.steps}" if value.storage else ""


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path}: it is cut off, or not a file that torch.save wrote" + (f" ({reason})" if reason else "")
    )


Records = dict[str, zipfile.ZipInfo]
"""What lies in an archive, by the keys of storages."""


def _of_zip(path: Path) -> tuple[Any, Records]:
    """What the pickle in an archive says, and the records that its tensors lie in, as large as it says."""
    with zipfile.ZipFile(path) as archive:
        records = {record.filename: record for record in archive.infolist()}
        folder = _folder(path, records)
        record = records[f"{folder}data.pkl"]
        if record.compress_type != zipfile.ZIP_STORED:
            raise InputError(f"{path}: {record.filename} is compressed, which torch.save does not do")
        if record.file_size > MAX_BYTES:
            raise InputError(
                f"{path}: {record.filename} has {record.file_size:,} bytes: it lists more than tensors"
            )
        content, _ = read_pickle(archive.read(record))
    start = f"{folder}data/"
    return content, {
        name.removeprefix(start): record for name, record in records.items() if name.startswith(start)
    }


def _folder(path: Path, records: dict[str, zipfile.ZipInfo]) -> str:
    """The folder of the archive that everything lies in, with its slash."""
    found = [
        name.removesuffix("data.pkl")
        for name in records
        if name.endswith("data.pkl") and name.count("/") <= 1
    ]
    if len(found) != 1:
        raise InputError(f"{path}: it is a zip, but none that torch.save wrote: it has no data.pkl")
    if f"{found[0]}constants.pkl" in records:
        raise InputError(
            f"{path}: it is a TorchScript archive, which is a program\n"
            "Save the state dict alone: torch.save(model.state_dict(), ...)"
        )
    return found[0]


def _check_records(path: Path, part: Part, records: Records) -> None:
    """Raises InputError unless the values of all tensors of the part are in the archive."""
    storages = dict.fromkeys(tensor.value.storage for tensor in part.tensors if tensor.value.storage)
    for storage in storages:
        _check_record(path, storage, records.get(storage.key))


def _check_record(path: Path, storage: Storage, record: zipfile.ZipInfo | None) -> None:
    if record is None:
        raise InputError(
            f"{path}: it is cut off: the record of a tensor's values, {storage.key[:80]!r}, is missing"
        )
    needed = storage.elements * WIDTHS[storage.dtype]
    if record.file_size != needed or record.compress_type != zipfile.ZIP_STORED:
        raise InputError(
            f"{path}: the record {record.filename[:80]!r} has {record.file_size:,} bytes, and {needed:,} are described"
        )


def _of_old_file(path: Path) -> Any:
    """What the fourth pickle says: before it stand a number, a version and the writer's system; values come after."""
    if not path.stat().st_size:
        raise UnreadablePickleError("it is empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        magic, at = read_pickle(data)
        if magic != MAGIC:
            return magic  # a pickle of something else: a state dict that pickle wrote has no tensors
        for _ in range(2):
            _, at = read_pickle(data, at)
        content, _ = read_pickle(data, at)
    return content


def _without_tensors(content: Any) -> str:
    """What is wrong with a file that holds no tensors by name, in words."""
    made = next(_made(content), None)
    if made is not None:
        return (
            f"it holds no tensors by name that can be read as data: {made.what[:120]} would run code\n"
            "Save the state dict alone: torch.save(model.state_dict(), ...)"
        )
    return f"it holds {_kind(content)} without tensors by name" if content else "it holds no tensors"


def _made(content: Any) -> Iterator[Made]:
    """Objects that a call would make, here or in the container itself."""
    items = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    yield from (item for item in (content, *items) if isinstance(item, Made))


def _kind(value: Any) -> str:
    """What a thing is, with its article."""
    if isinstance(value, Made):
        return value.what[:80]
    if isinstance(value, Global):
        return value.name[:80]
    word = "tensor" if isinstance(value, TensorShape) else type(value).__name__
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
