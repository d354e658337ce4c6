"""Weights that Keras wrote as HDF5: the .h5 of Keras 1 and 2, and the .weights.h5 of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vggstat.cost.held import Held, HeldTensor
from vggstat.errors import InputError, MissingExtraError

__all__ = ["read"]

NOT_WEIGHTS = ("optimizer_weights", "optimizer", "metrics", "loss_tracker")


def read(path: Path) -> Held:
    """The tensors, layer by layer where the file says in which order. Only names and shapes are read."""
    if find_spec("h5py") is None:
        raise MissingExtraError(
            f"reading {path.name} needs h5py, which is not installed: pip install 'vggstat[keras]'"
        )
    import h5py  # an extra

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: h5py cannot read it; it may be cut off: {str(error)[:160]}") from None
    with file:
        root = file.get("model_weights", file)
        tensors = tuple(_listed(root) if "layer_names" in root.attrs else _walked(root, ""))
    return Held(origin=str(path), format="Keras HDF5", layout="keras", tensors=tensors)


def _listed(root: Any) -> Iterator[HeldTensor]:
    """Keras 1 and 2 list layers and their tensors as attributes, in order."""
    for layer in _texts(root.attrs["layer_names"]):
        group = root.get(layer)
        if group is None:
            continue
        for name in _texts(group.attrs.get("weight_names", ())):
            if name in group:
                yield _tensor(f"{layer}/{name.rpartition('/')[2]}", group[name])


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        yield value.decode() if isinstance(value, bytes) else str(value)


def _walked(group: Any, path: str) -> Iterator[HeldTensor]:
    """Every dataset under a group, in the order of the file."""
    for name, item in group.items():
        if name in NOT_WEIGHTS:
            continue
        inner = f"{path}/{name}" if path else name
        if hasattr(item, "shape"):
            yield _tensor(inner, item)
        else:
            yield from _walked(item, inner)


def _tensor(name: str, dataset: Any) -> HeldTensor:
    return HeldTensor(name, tuple(dataset.shape), str(dataset.dtype))
