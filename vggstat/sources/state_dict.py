"""What a file of weights holds: tensors with names and shapes, and what their names say of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from vggstat.errors import UsageError
from vggstat.records import Record
from vggstat.shapes import Shape

__all__ = [
    "Layout",
    "StateDict",
    "StoredTensor",
    "is_average",
    "is_counter",
    "name_style",
    "split_name",
    "under",
    "unwrapped",
]

Layout = Literal["torch", "keras", "mlx"]
"""Axes of a convolution's weight: torch has out, in, height, width and (out, in) for FC; Keras height, width,
in, out and (in, out); MLX out, height, width, in and (out, in)."""

NameStyle = Literal["torchvision", "Caffe", "Keras", "other"]


class StoredTensor(NamedTuple):
    """One tensor of a file."""

    name: str
    shape: Shape
    dtype: str
    memory: str = ""
    """Equal for names of one tensor; empty where the file does not say where its values lie."""
    learned: bool | None = None
    """Whether it is a parameter and no buffer, where that is known from something else than its name."""


class StateDict(Record):
    """The tensors of a file, or of the part of it that was taken, in its order."""

    origin: str
    format: str
    """In words: ``torch file``, ``safetensors``, ``Keras HDF5``."""
    layout: Layout
    """The format's own; a file may have been written by something else."""
    tensors: tuple[StoredTensor, ...]
    part: str = ""
    """Where in the file they were, as a path with points; empty where it holds nothing else."""
    others: tuple[str, ...] = ()
    """Other parts of the file that hold weights."""
    prefix: str = ""
    """What stood before every name, and is left out here: ``module.``."""
    note: str = ""
    """What there is to say about how it was read."""


WEIGHTS: Final = (
    "weight", "weights", "kernel", "gamma", "scale", "weight_orig", "weight_g", "weight_v",
    r"parametrizations\.weight\.original[01]?",
)  # fmt: skip
BIASES: Final = ("bias", "biases", "beta", "bias_orig", r"parametrizations\.bias\.original")
STATISTICS: Final = (
    "running_mean", "running_var", "moving_mean", "moving_variance", "_mean", "_variance", "mean", "var",
)  # fmt: skip
"""What a batch norm keeps for inference, as torch, Keras, Paddle and Flax call it."""

OTHERS: Final = (
    "num_batches_tracked", "weight_mask", "bias_mask", "weight_u", r"parametrizations\.weight\.0\._[uv]", "std", "new_mean",
    "new_std", "n_averaged", "queue", "queue_ptr", "zero_point", "min_val", "max_val", "fake_quant_enabled", "observer_enabled",
    "eps", r"vars/[0-9]+",
)  # fmt: skip
"""Counters, masks of pruning, vectors of spectral norm, constants that normalize an image, what observers of quantization
keep; Keras 3 has numbers alone."""

LONG: Final = "|".join((*WEIGHTS, *BIASES, *STATISTICS, *OTHERS))
SPLIT: Final = re.compile(
    rf"(?P<layer>.*?)(?:[./_]?(?P<role>{LONG})|(?:^|[./_])(?P<letter>[Wwb]))(?:_[0-9]+)?(?::0)?", re.DOTALL
)

TAIL: Final = 200
"""Characters at the end of a name that are looked at: a name may have as many as its file has room for."""

LEARNED: Final = re.compile("|".join((*WEIGHTS, *BIASES, "[Wwb]")))
NOT_LEARNED: Final = re.compile("|".join((*STATISTICS, *OTHERS[:-1])))

INTEGERS: Final = re.compile(r"(torch\.)?(u?int[0-9]+|bool)|[IU][0-9]+|BOOL")
"""Formats of tensors that nobody learns, unless they are called weights: indices and counters."""

STYLES: Final[tuple[tuple[NameStyle, str], ...]] = (
    ("torchvision", r"(features|classifier)\.\d+"),
    ("Caffe", r"conv\d+(_\d+)?|fc\d+(-conv)?"),
    ("Keras", r"(.*/)?(block\d+_conv\d+|fc\d+|predictions|(conv2d|dense|batch_normalization)(_\d+)?)(/.*)?"),
)

WRAPPERS: Final = frozenset(
    (
        "module", "model", "net", "network", "backbone", "encoder", "base_model", "student", "encoder_q", "online_encoder",
        "online_model", "_orig_mod", "_forward_module", "_fsdp_wrapped_module",
    )
)  # fmt: skip
"""Names that something around a network puts before those of all its layers: DataParallel, Lightning, torch.compile."""

MAX_WRAPPERS: Final = 8

AVERAGES: Final = re.compile(
    r"(.*_)?(ema|swa|avg|averaged?|shadow|teacher|momentum|target|encoder_k|attacker)(_.*)?"
)
"""Names of a second copy of a network that is kept beside the one that is trained."""


def split_name(name: str) -> tuple[str, str]:
    """``(layer, role)`` of a tensor's name; no role where it has none that is known."""
    match = re.fullmatch(SPLIT, name[-TAIL:])
    return (name[:-TAIL] + match["layer"], match["role"] or match["letter"]) if match else (name, "")


def is_counter(role: str, dtype: str) -> bool:
    """Whether a tensor of this role is a buffer: a statistic, a counter, a mask, or a table of integers."""
    if re.fullmatch(LEARNED, role):
        return False
    return bool(re.fullmatch(NOT_LEARNED, role)) or re.fullmatch(INTEGERS, dtype) is not None


def is_average(name: str) -> bool:
    """Whether something of this name is an average or a copy of what was trained: ``model_ema``, ``teacher``."""
    return re.fullmatch(AVERAGES, name.lower()) is not None


def name_style(state: StateDict) -> NameStyle:
    """Whose names the layers carry; ``other`` where not all are of one style."""
    names = {split_name(tensor.name)[0] for tensor in state.tensors}
    for style, pattern in STYLES:
        if names and all(re.fullmatch(pattern, name) for name in names):
            return style
    return "other"


def under(state: StateDict, key: str | None) -> StateDict:
    """The tensors whose names begin with ``key``, without it; all of them where it is None. Raises UsageError for none."""
    if not key:
        return state
    held = tuple(
        tensor._replace(name=tensor.name[len(key) + 1 :])
        for tensor in state.tensors
        if tensor.name.startswith((f"{key}.", f"{key}/"))
    )
    if not held:
        first = dict.fromkeys(_first(tensor.name) for tensor in state.tensors)
        raise UsageError(
            f"--key {key}: no tensor's name begins so; they begin with {', '.join(list(first)[:12])}"
        )
    part = f"{state.part}.{key}" if state.part else key
    return state.replace(tensors=held, part=part)


def unwrapped(state: StateDict) -> StateDict:
    """The state dict without what stands before all its names, and without copies that are kept beside the network."""
    tensors, prefix, others = state.tensors, "", list(state.others)
    for _ in range(MAX_WRAPPERS):
        tensors, copies = _without_copies(tensors)
        others += [".".join(filter(None, (state.part, f"{prefix}{name}"))) for name in copies]
        word = _wrapper(tensors)
        if not word:
            break
        prefix += f"{word}."
        tensors = tuple(tensor._replace(name=tensor.name.removeprefix(f"{word}.")) for tensor in tensors)
    return state.replace(tensors=tensors, prefix=prefix, others=tuple(others))


def _without_copies(tensors: tuple[StoredTensor, ...]) -> tuple[tuple[StoredTensor, ...], list[str]]:
    """The tensors without those of an average or a copy, whose weights all the others have too; and what it is called."""
    groups: dict[str, list[StoredTensor]] = {}
    for tensor in tensors:
        groups.setdefault(_first(tensor.name), []).append(tensor)
    copies = [name for name in groups if is_average(name)]
    rest = _shapes(tensor for name, held in groups.items() if name not in copies for tensor in held)
    copies = [name for name in copies if (held := _shapes(groups[name])) and held <= rest]
    return tuple(tensor for tensor in tensors if _first(tensor.name) not in copies), copies


def _shapes(tensors: Iterable[StoredTensor]) -> Counter[Shape]:
    return Counter(tensor.shape for tensor in tensors if len(tensor.shape) > 1)


def _first(name: str) -> str:
    return re.split("[./]", name, maxsplit=1)[0]


def _wrapper(tensors: Iterable[StoredTensor]) -> str:
    """The word of a wrapper that the names of all tensors but counters begin with; empty where there is none."""
    words = {_first(tensor.name) for tensor in tensors if tensor.shape}
    word = words.pop() if len(words) == 1 else ""
    return word if word in WRAPPERS else ""
