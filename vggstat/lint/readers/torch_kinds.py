"""The classes of torch, and of Paddle and MXNet where they differ, and the kinds of row they are."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.model import RowKind

_KINDS: Final[dict[str, RowKind]] = {
    "conv2d": "conv",
    "lazyconv2d": "conv",
    "linear": "fc",
    "lazylinear": "fc",
    "dense": "fc",
    "maxpool2d": "pool",
    "avgpool2d": "avgpool",
    "adaptiveavgpool2d": "avgpool",
    "adaptivemaxpool2d": "avgpool",
    "batchnorm2d": "bn",
    "batchnorm1d": "bn",
    "lazybatchnorm2d": "bn",
    "relu": "relu",
    "relu6": "relu",
    "activation": "relu",
    "leakyrelu": "relu",
    "elu": "relu",
    "gelu": "relu",
    "tanh": "relu",
    "sigmoid": "relu",
    "dropout": "dropout",
    "dropout2d": "dropout",
    "flatten": "flatten",
    "softmax": "softmax",
    "logsoftmax": "softmax",
    "localresponsenorm": "lrn",
    "zeropad2d": "zeropad",
}
CONTAINERS: Final = frozenset({"sequential", "modulelist", "moduledict", "identity"})


def torch_kind(name: str) -> RowKind | None:
    """The kind of a class: ``other`` for an unknown one, None for a container, which is no row."""
    bare = re.sub(r"\W", "", name).lower()
    if bare in CONTAINERS:
        return None
    return _KINDS.get(bare, "other")
