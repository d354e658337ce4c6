"""torch.compile: the same pass with bias, ReLU and what else fits fused by Inductor."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch

from vggstat.errors import UsageError
from vggstat.measure.bench.passes import TimedPass

__all__ = ["MODES", "compile_pass", "quiet"]

MODES: Final[dict[str, str | None]] = {"default": None, "max-autotune": "max-autotune-no-cudagraphs"}
"""torch's modes by ours. CUDA graphs are captured by the stopwatch, so that both rows are captured alike."""


LIMIT: Final = 10_000


def compile_pass(timed: TimedPass, mode: str) -> Callable[..., Any]:
    """The forward pass (in training with the loss) compiled for exactly this shape."""
    if mode not in MODES:
        raise UsageError(f"--compile takes off, {' or '.join(MODES)}, not {mode!r}")
    forward = timed.loss if timed.is_training else timed.model
    # In one graph or not at all: where torch runs a part eagerly it must not be called compiled.
    compiled: Callable[..., Any] = torch.compile(forward, dynamic=False, fullgraph=True, mode=MODES[mode])
    return compiled


@contextmanager
def quiet() -> Iterator[None]:
    """Inductor's warnings and logs kept back while it works; errors still come through as exceptions.

    Every configuration of a sweep compiles the same ``forward`` for another model: torch's limit on that is lifted
    meanwhile. Its cache is not reset, which would compile the others anew in the middle of their turns.
    """
    names = ("torch._inductor", "torch._dynamo")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), _no_limit():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@contextmanager
def _no_limit() -> Iterator[None]:
    """torch's limits on how often one function is compiled, under their names of torch 2.6 to 2.13, raised."""
    import torch._dynamo.config as config

    names = [name for name in ("recompile_limit", "cache_size_limit") if hasattr(config, name)]
    before = {name: getattr(config, name) for name in names}
    for name in names:
        setattr(config, name, LIMIT)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(config, name, value)
