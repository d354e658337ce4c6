"""The steps of an ONNX graph, each a layer: what stands there as several nodes is one."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.sources.onnx_file.activations import WRITTEN_OUT
from vggstat.sources.onnx_file.composites import PATTERNS
from vggstat.sources.onnx_file.plain import apart, in_plain_form
from vggstat.sources.onnx_file.rewriting import replaced
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import Unknown, Value

__all__ = ["as_layers"]


def as_layers(steps: Sequence[Step], outputs: Sequence[Value | Unknown]) -> list[Step]:
    """The steps with those of one layer as one, and those of two as two."""
    found = in_plain_form(steps)
    for pattern in (*PATTERNS, WRITTEN_OUT):
        found = replaced(found, outputs, pattern)
    return apart(found)
