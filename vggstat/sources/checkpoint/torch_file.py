"""State dicts that torch.save wrote, read without torch: their pickle is data here, and no tensor's values are touched."""

from __future__ import annotations

import mmap
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from vggstat.errors import InputError
from vggstat.sources.checkpoint.limits import few
from vggstat.sources.checkpoint.pickled import (
    Global,
    Made,
    Storage,
    TensorShape,
    UnreadablePickleError,
    read_pickle,
)
from vggstat.sources.state_dict import StateDict, StoredTensor

__all__ = ["read"]

MAX_PICKLE: Final = 100_000_000
"""Bytes of the pickle in a file: a million tensors have some 200 million, the largest models some thousand tensors."""

MAGIC: Final = 0x1950A86A20F9469CFC6C
"""The number that files of torch before 1.6 begin with, as a pickle of its own."""

WIDTHS: Final = {
    "float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1,
    "bool": 1, "complex64": 8, "complex128": 16,
}  # fmt: skip
"""Bytes of a value of each format that a storage has."""


def read(path: Path) -> StateDict:
    """The tensors of a state dict, in its order. Raises InputError for anything else."""
    zipped = zipfile.is_zipfile(path)
    try:
        content = _of_zip(path) if zipped else _of_old_file(path)
    except UnreadablePickleError as error:
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
    if not isinstance(content, dict):
        raise InputError(f"{path}: it holds {_kind(content)}, not a state dict of tensors")
    return StateDict(
        origin=str(path),
        format="torch file",
        layout="torch",
        tensors=tuple(_tensor(path, name, value) for name, value in few(content.items(), path)),
        note="" if zipped else "an old torch file, no zip",
    )


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path}: it is cut off, or no file that torch.save wrote" + (f" ({reason})" if reason else "")
    )


def _of_zip(path: Path) -> Any:
    """What the pickle in an archive says; its tensors lie in records of their own, as large as it says."""
    with zipfile.ZipFile(path) as archive:
        records = {record.filename: record for record in archive.infolist()}
        folder = _folder(path, records)
        record = records[f"{folder}data.pkl"]
        if record.compress_type != zipfile.ZIP_STORED:
            raise InputError(f"{path}: {record.filename} is compressed, which torch.save does not do")
        if record.file_size > MAX_PICKLE:
            raise InputError(
                f"{path}: {record.filename} has {record.file_size:,} bytes: it lists more than tensors"
            )
        content, _ = read_pickle(archive.read(record))
    for storage in _storages(content):
        _check_record(path, storage, records.get(f"{folder}data/{storage.key}"))
    return content


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


def _storages(content: Any) -> Iterator[Storage]:
    if isinstance(content, dict):
        yield from {value.storage: None for value in content.values() if isinstance(value, TensorShape)}


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


def _tensor(path: Path, name: Any, value: Any) -> StoredTensor:
    if isinstance(value, TensorShape) and isinstance(name, str):
        return StoredTensor(name, value.shape, value.dtype)
    if isinstance(value, Made):
        raise InputError(
            f"{path}: it holds more than tensors, and reading that would run code ({value.what[:120]})\n"
            "Save the state dict alone: torch.save(model.state_dict(), ...)"
        )
    hint = ""
    if isinstance(value, dict) and value and all(isinstance(item, TensorShape) for item in value.values()):
        hint = f"\nThe tensors are in it: torch.save(checkpoint[{name!r}], ...) makes a file of them alone"
    shown = name[:80] if isinstance(name, str) else name
    raise InputError(f"{path}: it holds more than tensors: {shown!r} is {_kind(value)}{hint}")


def _kind(value: Any) -> str:
    """What a thing is, with its article."""
    if isinstance(value, Made | Global):
        return f"{value[0][:80]}"
    word = "tensor" if isinstance(value, TensorShape) else type(value).__name__
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
