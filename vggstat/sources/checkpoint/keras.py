"""Weights that Keras wrote as HDF5: the .h5 of Keras 1 and 2, and the .weights.h5 of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from vggstat.errors import InputError, MissingExtraError
from vggstat.sources.checkpoint.limits import few
from vggstat.sources.state_dict import StateDict, StoredTensor, under

__all__ = ["read"]

NOT_WEIGHTS: Final = ("optimizer_weights", "optimizer", "metrics", "loss_tracker")

MAX_DEPTH: Final = 64
"""Groups inside one another: Keras nests a network in a network, each in a few groups."""

CORRUPT: Final = (
    OSError,
    RuntimeError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    SystemError,
    OverflowError,
)
"""What h5py raises for a file that is damaged, or holds what it cannot show."""


class _UnreadableError(Exception):
    """What is wrong with a file; the text says where in it."""


def read(path: Path, key: str | None) -> StateDict:
    """The tensors, layer by layer where the file says in which order, all or those under ``key``.

    Links are not followed, neither within the file nor out of it: Keras writes none.
    """
    if find_spec("h5py") is None:
        raise MissingExtraError(
            f"reading {path.name} needs h5py, which is not installed: pip install 'vggstat[keras]'"
        )
    import h5py  # an extra

    try:
        file = h5py.File(path, "r")
    except CORRUPT as error:
        raise InputError(f"{path}: h5py cannot read it; it may be cut off: {str(error)[:160]}") from None
    try:
        with file:
            tensors = tuple(few(_Reader(h5py).tensors(file), path))
    except _UnreadableError as error:
        raise InputError(f"{path}: {error}") from None
    except CORRUPT as error:
        reason = str(error).partition("\n")[0][:160]
        raise InputError(f"{path}: it is damaged, or not as Keras writes weights: {reason}") from None
    return under(StateDict(origin=str(path), format="Keras HDF5", layout="keras", tensors=tensors), key)


class _Reader:
    """Goes through an open file. ``h5py`` is an extra, and is handed in."""

    def __init__(self, h5py: Any) -> None:
        self.h5py = h5py
        self.seen: set[int] = set()
        """Where the groups lie that have been gone through: several names may lead to one, and one into itself."""

    def tensors(self, file: Any) -> Iterator[StoredTensor]:
        """The tensors of a file, by its lists where it has them."""
        root = self._member(file, "model_weights") if "model_weights" in file else file
        if not self._is_group(root):
            raise _UnreadableError("model_weights is no group")
        return self._listed(root) if "layer_names" in root.attrs else self._walked(root, "", 0)

    def _is_group(self, item: Any) -> bool:
        return isinstance(item, self.h5py.Group)

    def _member(self, group: Any, name: str) -> Any:
        """What a name leads to. Raises _UnreadableError for a link, which could lead anywhere."""
        for part in name.split("/"):
            if not self._is_group(group):
                raise _UnreadableError(f"{name[:80]!r} goes through something that is no group")
            if not isinstance(group.get(part, getlink=True), self.h5py.HardLink):
                raise _UnreadableError(
                    f"{name[:80]!r} is a link, which Keras does not write: it is not followed"
                )
            group = group[part]
        return group

    def _listed(self, root: Any) -> Iterator[StoredTensor]:
        """Keras 1 and 2 list layers and their tensors as attributes, in order."""
        for layer in _texts(root, "layer_names"):
            if layer not in root:
                continue
            group = self._member(root, layer)
            if not self._is_group(group):
                raise _UnreadableError(f"the layer {layer[:80]!r} is no group")
            for name in _texts(group, "weight_names"):
                if name in group:
                    yield self._tensor(f"{layer}/{name.rpartition('/')[2]}", self._member(group, name))

    def _walked(self, group: Any, path: str, depth: int) -> Iterator[StoredTensor]:
        """Every dataset under a group, in the order of the file."""
        place = self.h5py.h5o.get_info(group.id).addr
        if place in self.seen:
            return
        self.seen.add(place)
        if depth > MAX_DEPTH:
            raise _UnreadableError(f"its groups are nested more than {MAX_DEPTH} deep")
        for name in group:
            if name in NOT_WEIGHTS:
                continue
            inner = f"{path}/{name}" if path else name
            item = self._member(group, name)
            if self._is_group(item):
                yield from self._walked(item, inner, depth + 1)
            else:
                yield self._tensor(inner, item)

    def _tensor(self, name: str, item: Any) -> StoredTensor:
        if not isinstance(item, self.h5py.Dataset):
            raise _UnreadableError(f"{name[:80]!r} is no dataset")
        if item.is_virtual or item.external:
            raise _UnreadableError(f"{name[:80]!r} has its values in other files, which are not read")
        if item.shape is None:
            raise _UnreadableError(f"{name[:80]!r} holds nothing")
        return StoredTensor(name, tuple(map(int, item.shape)), str(item.dtype))


def _texts(holder: Any, key: str) -> Iterator[str]:
    """The words of an attribute, none where it is not there."""
    values = holder.attrs.get(key, ())
    if not isinstance(values, tuple | list) and getattr(values, "ndim", None) != 1:
        raise _UnreadableError(f"{key} is no list of names")
    seen = set()
    for value in values:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if (
            not isinstance(text, str) or not text or not text.isprintable()
        ):  # h5py reads other bytes as surrogates
            raise _UnreadableError(f"{key} has an entry that is no name")
        if text in seen:
            raise _UnreadableError(f"{key} has {text[:80]!r} twice")
        seen.add(text)
        yield text
