"""The tensors that a forward pass returns, whatever holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor

__all__ = ["tensors_returned"]


def tensors_returned(output: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists, dicts, dataclasses and plain objects, in the order in which they are held."""
    return _within(output, set())


def _within(tree: Any, seen: set[int]) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif id(tree) not in seen:  # an object may hold itself
        seen.add(id(tree))
        for item in _held(tree):
            yield from _within(item, seen)


def _held(tree: Any) -> Iterable[Any]:
    """What something holds. What is called, a module or a function, is no result: nobody looks into it."""
    if isinstance(tree, Mapping):
        return tree.values()
    if isinstance(tree, tuple | list):
        return tree
    if callable(tree):
        return ()
    if is_dataclass(tree):
        return [getattr(tree, field.name, None) for field in fields(tree)]
    return getattr(tree, "__dict__", {}).values()
