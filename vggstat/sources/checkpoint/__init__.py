"""Reading which tensors a file of weights holds: names and shapes, not values. One file a format."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final, cast

from vggstat.errors import InputError, UsageError
from vggstat.sources.state_dict import StateDict, unwrapped

__all__ = ["is_checkpoint", "read_state_dict"]

READERS: Final = {
    ".pth": "torch_file",
    ".pt": "torch_file",
    ".bin": "torch_file",
    ".ckpt": "torch_file",
    ".tar": "torch_file",
    ".th": "torch_file",
    ".safetensors": "safetensors",
    ".h5": "keras",
    ".hdf5": "keras",
}
"""The module that reads each kind of file."""


def is_checkpoint(path: str) -> bool:
    """Whether a file of that name would be read as weights."""
    return Path(path).suffix.lower() in READERS


def read_state_dict(path: str, key: str | None = None) -> StateDict:
    """The weights that the file holds: the likeliest part of it, or the one called ``key`` (a path with points).

    Raises InputError where it cannot be read, UsageError for its kind and for a key that it does not have.
    """
    file = Path(path)
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise UsageError(f"cannot read {path} as a checkpoint: expected one of {', '.join(READERS)}")
    if not file.exists():
        raise InputError(f"{path}: there is no such file")
    if not file.is_file():
        raise InputError(f"{path}: it is not a file")
    try:
        state = cast(StateDict, import_module(f"vggstat.sources.checkpoint.{reader}").read(file, key))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if not state.tensors:
        raise InputError(f"{path}: it holds no tensors")
    return unwrapped(state)
