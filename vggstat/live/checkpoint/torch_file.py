"""State dicts that torch.save wrote. Nothing but tensors is unpickled: a pickle can run any code."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

from vggstat.cost.held import Held, HeldTensor
from vggstat.errors import InputError
from vggstat.live.require import require_torch

__all__ = ["read"]


def read(path: Path) -> Held:
    """The tensors of a state dict, in its order. Raises InputError for anything else.

    A zip is mapped, so that its tensors stay on the disk; files of torch before 1.6 are put on ``meta``.
    """
    require_torch(f"reading {path.name}")
    zipped = zipfile.is_zipfile(path)
    content = _load(path, zipped=zipped)
    if not isinstance(content, dict):
        raise InputError(f"{path}: it holds a {type(content).__name__}, not a state dict of tensors")
    tensors = tuple(_tensor(path, name, value) for name, value in content.items())
    return Held(
        origin=str(path),
        format="torch file",
        layout="torch",
        tensors=tensors,
        note="" if zipped else "an old torch file, no zip: it was read whole",
    )


def _load(path: Path, *, zipped: bool) -> Any:
    import torch  # only where such a file is read

    try:
        with warnings.catch_warnings(action="ignore"):  # about pickles that are refused a line later
            if zipped:
                return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            return torch.load(path, map_location="meta", weights_only=True)
    except OSError:
        raise
    except Exception as error:
        text = str(error)
        if "weights_only" in text or "Unsupported" in text or "WeightsUnpickler" in text:
            what = next((f" ({line.strip()[:120]})" for line in text.splitlines() if "GLOBAL" in line), "")
            raise InputError(
                f"{path}: it holds more than tensors, and reading that would run code{what}"
                "\nSave the state dict alone: torch.save(model.state_dict(), ...)"
            ) from None
        # A pickle that is none fails with a KeyError of a byte, or at the end of the file: no words for people.
        first = "" if isinstance(error, KeyError | EOFError) else text.strip().partition("\n")[0][:200]
        raise InputError(
            f"{path}: torch cannot read it: it is cut off, or no file that torch.save wrote"
            + (f" ({first})" if first else "")
        ) from None


def _tensor(path: Path, name: Any, value: Any) -> HeldTensor:
    import torch

    if isinstance(value, torch.Tensor) and isinstance(name, str):
        return HeldTensor(name, tuple(value.shape), str(value.dtype).removeprefix("torch."))
    kind = type(value).__name__
    hint = ""
    if isinstance(value, dict) and value and all(isinstance(item, torch.Tensor) for item in value.values()):
        hint = f"\nThe tensors are in it: torch.save(checkpoint[{name!r}], ...) makes a file of them alone"
    raise InputError(f"{path}: it holds more than tensors: {name!r} is a {kind}{hint}")
