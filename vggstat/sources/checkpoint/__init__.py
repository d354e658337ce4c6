"""Reading which tensors a file of weights holds: names and shapes, not values. One file a format."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final, cast

from vggstat.errors import InputError, UsageError
from vggstat.sources.state_dict import StateDict

__all__ = ["read_state_dict"]

READERS: Final = {
    ".pth": "torch_file",
    ".pt": "torch_file",
    ".bin": "torch_file",
    ".safetensors": "safetensors",
    ".h5": "keras",
    ".hdf5": "keras",
}
"""The module that reads each kind of file."""


def read_state_dict(path: str) -> StateDict:
    """The tensors that the file holds. Raises InputError where it cannot be read, UsageError for its kind."""
    file = Path(path)
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise UsageError(f"cannot read {path} as a checkpoint: expected one of {', '.join(READERS)}")
    if not file.exists():
        raise InputError(f"{path}: there is no such file")
    if not file.is_file():
        raise InputError(f"{path}: it is no file")
    try:
        state = cast(StateDict, import_module(f"vggstat.sources.checkpoint.{reader}").read(file))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if not state.tensors:
        raise InputError(f"{path}: it holds no tensors")
    return state
