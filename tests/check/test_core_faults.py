"""A fault in any formula of the core makes right documents fail: the documents are a test of the core, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vggstat.claims import network
from vggstat.layers.base import Ops, Param, Window
from vggstat.layers.bn import BatchNorm
from vggstat.layers.conv import Conv
from vggstat.layers.fc import Linear
from vggstat.layers.flatten import Flatten
from vggstat.layers.maxpool import MaxPool

from .generate import documents, plain
from .support import check

CASES = [case for case in documents(deep=False) if case.name.endswith((": D", ": A"))] + [
    case for case in documents("keras 2") if case.name.endswith(("D BN", "D at 32, gap, 10"))
]


def _wider(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:-1], shape[-1] + 1)


def _more(params: tuple[Param, ...]) -> tuple[Param, ...]:
    return tuple(p._replace(shape=_wider(p.shape)) if p.shape else p for p in params)


def _double(ops: Ops) -> Ops:
    return ops * 2


def _padless(window: Window | None) -> Window | None:
    return window._replace(padding=window.padding + 1) if window else None


FAULTS: list[tuple[type, str, Callable[[Any], Any]]] = [
    (Conv, "params", _more), (Conv, "out_shape", _wider), (Conv, "ops", _double), (Conv, "window", _padless),
    (Linear, "params", _more), (Linear, "out_shape", _wider), (Linear, "ops", _double), (MaxPool, "out_shape", _wider),
    (Flatten, "out_shape", _wider), (BatchNorm, "params", _more),
]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "method", "fault"), FAULTS, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_fault_of_the_core_is_noticed(
    layer: type, method: str, fault: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one formula wrong, right documents have findings, or are not recognised any more."""
    right = getattr(layer, method)
    monkeypatch.setattr(layer, method, lambda self, *args: fault(right(self, *args)))
    monkeypatch.setattr(network, "_built", {})

    noticed = 0
    for case in CASES:
        result = check(plain(case.text), f"doc{case.suffix}")
        noticed += bool(result.findings) or any(not j.spec for j in result.judgements)
    assert noticed
