"""Where in a file that holds more than tensors the weights are: ``{"state_dict": ..., "optimizer": ...}`` and its like.

People save training runs, not state dicts: the weights are one part of several, an average of them another, and an
optimizer's state has tensors of the same shapes. Here all parts are found that could be weights, and one is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from vggstat.errors import UsageError
from vggstat.sources.checkpoint.pickled import Made, TensorShape
from vggstat.sources.state_dict import is_average, split_name

__all__ = ["Part", "TooMuchError", "choose", "find_parts"]

MAX_DEPTH: Final = 32
"""Containers in one another: a run nests a few, a pickled model its modules."""

MAX_VISITS: Final = 200_000
"""Things looked at in all: a file may lead to one thing by more ways than can be gone."""

NAMES: Final = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights", "params", "backbone",
)  # fmt: skip
"""What people call the weights, the likeliest first."""

CONTAINERS: Final = (dict, list, tuple, Made)

OPTIMIZERS: Final = (
    "optim",
    "opt",
    "scheduler",
    "scaler",
    "amp",
    "momentum",
    "fp32_groups",
    "exp_avg",
    "rng",
)
"""Beginnings of names under which tensors are no weights."""

MOMENTS: Final = frozenset(
    ("exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "square_avg", "acc_delta")
)
"""Tensors that optimizers keep for each weight."""


class TooMuchError(ValueError):
    """Containers that are nested too deeply, or lead to one another by too many ways."""


class Tensor(NamedTuple):
    """A tensor by its name within a part."""

    name: str
    value: TensorShape
    learned: bool | None = None
    """Where it is known: a pickled model lists its parameters and its buffers."""


class Part(NamedTuple):
    """A container that holds tensors by name."""

    path: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    beside: tuple[str, ...] = ()
    """What it holds besides, of no interest here: ``epoch``."""

    @property
    def name(self) -> str:
        """Its path with points, empty for the file itself."""
        return ".".join(self.path)

    @property
    def has_weights(self) -> bool:
        return any(len(tensor.value.shape) > 1 for tensor in self.tensors)


def find_parts(content: Any) -> list[Part]:
    """All parts that hold tensors which could be weights, in the order of the file. Raises TooMuchError."""
    return list(_Search().parts(content, ()))


class _Search:
    """Goes through what a pickle says. Objects are gone through once; containers by every way, but never in a circle."""

    def __init__(self) -> None:
        self.visits = 0
        self.inside: set[int] = set()
        """The containers that are being gone through, and all objects that have been."""

    def parts(self, value: Any, path: tuple[str, ...]) -> Iterator[Part]:
        self._count(len(path))
        if id(value) in self.inside:
            return
        self.inside.add(id(value))
        if isinstance(value, Made):
            yield from self._of_object(value, path)
            return
        if isinstance(value, dict):
            yield from self._of_dict(value, path)
        elif isinstance(value, list | tuple) and not isinstance(value, TensorShape):
            for number, item in enumerate(value):
                if isinstance(item, CONTAINERS):
                    yield from self.parts(item, (*path, str(number)))
        self.inside.remove(id(value))

    def _count(self, depth: int) -> None:
        self.visits += 1
        if depth > MAX_DEPTH or self.visits > MAX_VISITS:
            raise TooMuchError("what it holds is nested too deeply")

    def _of_object(self, value: Made, path: tuple[str, ...]) -> Iterator[Part]:
        """A model that was pickled whole, or something else that may have one as an attribute."""
        state = _attributes(value)
        if "_modules" in state and "_parameters" in state:
            self.inside.remove(id(value))
            tensors = tuple(self._of_module(value, "", 0))
            if tensors:
                yield Part(path, tensors)
            return
        for name, item in state.items():
            if isinstance(item, CONTAINERS):
                yield from self.parts(item, (*path, str(name)))

    def _of_module(self, module: Any, prefix: str, depth: int) -> Iterator[Tensor]:
        """The tensors of a module and of all in it, under the names of its state dict."""
        self._count(depth)
        state = _attributes(module)
        for attribute, learned in (("_parameters", True), ("_buffers", False)):
            for name, value in _items(state.get(attribute)):
                if isinstance(value, TensorShape):
                    yield Tensor(f"{prefix}{name}", value, learned)
        for name, inner in _items(state.get("_modules")):
            if isinstance(inner, Made):
                yield from self._of_module(inner, f"{prefix}{name}.", depth + 1)

    def _of_dict(self, value: dict[Any, Any], path: tuple[str, ...]) -> Iterator[Part]:
        if _is_optimizer(value):
            return
        layers = self._of_layers(value, "", len(path))
        if layers:
            yield Part(path, tuple(layers))
            return
        own = [Tensor(name, item) for name, item in _items(value) if isinstance(item, TensorShape)]
        if own:
            beside = (str(name) for name, item in value.items() if not isinstance(item, TensorShape))
            yield Part(path, tuple(own), tuple(beside))
        for name, item in value.items():
            is_state = str(name).lower().lstrip("_").startswith(OPTIMIZERS)
            if isinstance(item, CONTAINERS) and not is_state:
                yield from self.parts(item, (*path, str(name)))

    def _of_layers(self, value: dict[Any, Any], prefix: str, depth: int) -> list[Tensor] | None:
        """The tensors of dictionaries that are layers, ``{"conv1": {"kernel": ..., "bias": ...}}``; else None."""
        self._count(depth)
        found: list[Tensor] = []
        for name, item in value.items():
            if not isinstance(item, dict) or not isinstance(name, str) or not item or name in NAMES:
                return None
            if _is_layer(item):
                found += [Tensor(f"{prefix}{name}.{role}", tensor) for role, tensor in item.items()]
                continue
            inner = self._of_layers(item, f"{prefix}{name}.", depth + 1)
            if inner is None:
                return None
            found += inner
        return found


def _attributes(value: Any) -> Mapping[str, Any]:
    """What an object would have, where its pickle says it: a dictionary, or one beside another for slots."""
    state = value.state if isinstance(value, Made) else None
    if isinstance(state, tuple) and len(state) == 2:
        state = state[0]
    return state if isinstance(state, dict) else {}


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """The entries of a dictionary under words."""
    if isinstance(value, dict):
        yield from ((name, item) for name, item in value.items() if isinstance(name, str))


def _is_layer(value: Mapping[Any, Any]) -> bool:
    """Whether all of it are tensors under names that say no more than what they are in a layer."""
    return all(
        isinstance(item, TensorShape) and isinstance(name, str) and split_name(name)[0] == ""
        for name, item in value.items()
    )


def _is_optimizer(value: Mapping[Any, Any]) -> bool:
    """Whether it is the state of an optimizer, or what one keeps for a weight."""
    return ("param_groups" in value and "state" in value) or not MOMENTS.isdisjoint(value)


def choose(parts: Sequence[Part], key: str | None) -> tuple[Part, str]:
    """The part that ``key`` is in, and what the key has beyond its name; without a key the likeliest.

    What averages a run (``model_ema``) comes after what was trained, names that people give to weights before others,
    and of two without such a name the larger. Raises UsageError for a key that there is not.
    """
    if key is None:
        return min(parts, key=_rank), ""
    for part in sorted(parts, key=lambda part: -len(part.name)):
        if part.name == key:
            return part, ""
        if not part.path or key.startswith(f"{part.name}."):
            return part, key.removeprefix(f"{part.name}." if part.path else "")
    names = ", ".join(part.name for part in parts[:12])
    raise UsageError(f"--key {key}: there is nothing of that name; tensors are in {names}")


def _rank(part: Part) -> tuple[bool, bool, int, int]:
    averaged = any(is_average(name) for name in part.path)
    named = min((NAMES.index(name) for name in part.path if name in NAMES), default=len(NAMES))
    size = sum(len(tensor.value.shape) > 1 for tensor in part.tensors)
    return not part.has_weights, averaged, named, -size
