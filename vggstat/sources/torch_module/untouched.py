"""Somebody's model is left as it was found, whatever is done with it meanwhile."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from torch import nn

__all__ = ["untouched"]

HOLDERS: Final = (list, dict, OrderedDict, set)
"""What a module holds things in, parameters, hooks and modules among them."""


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Attributes, tensors, hooks, modes and modules of ``model`` as they are now come back after, however that ends.

    What its modules hold in lists and dictionaries of their own comes back too; what lies deeper does not.
    """
    before = [
        (module, {name: _noted(value) for name, value in vars(module).items()}) for module in model.modules()
    ]
    try:
        yield
    finally:
        for module, attributes in before:
            vars(module).clear()
            vars(module).update((name, _as_noted(*noted)) for name, noted in attributes.items())


def _noted(value: Any) -> tuple[Any, Any]:
    """A value, and a copy of what it holds: others may hold the same list."""
    return value, value.copy() if type(value) in HOLDERS else None


def _as_noted(value: Any, held: Any) -> Any:
    if isinstance(held, list):
        value[:] = held
    elif held is not None:
        value.clear()
        value.update(held)
    return value
