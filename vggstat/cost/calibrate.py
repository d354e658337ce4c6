"""A calibrated prediction: the bound of each layer over the efficiency that like layers reached elsewhere.

Efficiency is bound / measured time, of a layer of the same kind. Where the files hold layers with about the same
work and bytes, those count; else all of the kind do. Nothing of the network that is predicted is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import Final, NamedTuple

from vggstat.cost.bench import BenchFile, BenchResult
from vggstat.cost.bench_json import read_results
from vggstat.cost.roofline import Roofline
from vggstat.cost.statistics import median
from vggstat.cost.workload import DType
from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = [
    "Calibration",
    "Errors",
    "LayerPrediction",
    "Observation",
    "Prediction",
    "calibrate",
    "cross_validate",
    "errors_against",
    "fit_files",
    "predict",
]

ALIKE: Final = log(1.05)
"""Layers whose work and bytes differ by no more count as the same shape."""
NEAR: Final = log(4)
"""Beyond this factor in work or bytes a layer says nothing about another one."""


class Observation(NamedTuple):
    """How well one layer did in one result."""

    spec: str
    digest: str
    kind: str
    flops: int
    bytes: int
    efficiency: float
    name: str
    bound_s: float
    input_channels: int = 0


class LayerPrediction(NamedTuple):
    """The predicted forward time of one layer, and what it rests on."""

    name: str
    bound_s: float
    efficiency: float
    predicted_s: float
    basis: str
    """``same shape``, ``near``, ``kind``, or ``all`` where no layer of the kind was measured."""
    observations: int


class Errors(NamedTuple):
    """How far predictions are off, as shares of the measured time."""

    median: float
    worst: float
    worst_layer: str
    layers: int


class Calibration(Record):
    """What was observed; asked for an efficiency, it answers from the nearest."""

    observations: tuple[Observation, ...]

    @property
    def specs(self) -> tuple[str, ...]:
        """The networks that it rests on."""
        return tuple(dict.fromkeys(entry.spec for entry in self.observations))

    def without(self, digest: str) -> Calibration:
        """The same, nothing of one network used."""
        return Calibration(observations=tuple(o for o in self.observations if o.digest != digest))

    def efficiency(self, kind: str, flops: int, moved: int) -> tuple[float, str, int]:
        """``(efficiency, basis, number of observations)`` for a layer of that kind, work and ideal bytes."""
        of_kind = [entry for entry in self.observations if entry.kind == kind]
        if not of_kind:
            every = [entry.efficiency for entry in self.observations]
            return median(every), "all", len(every)
        near = min(_distance(entry, flops, moved) for entry in of_kind)
        if near > NEAR:
            return median([entry.efficiency for entry in of_kind]), "kind", len(of_kind)
        used = [e.efficiency for e in of_kind if _distance(e, flops, moved) <= max(near, ALIKE)]
        return median(used), "same shape" if near <= ALIKE else "near", len(used)


class Prediction(Record):
    """The forward pass of a network, layer by layer."""

    line: Roofline
    layers: tuple[LayerPrediction, ...]
    calibration: Calibration
    expected: Errors | None
    """How far the same method is off for the networks of the files, each left out in turn; None for one alone."""

    @property
    def seconds(self) -> float:
        return sum(layer.predicted_s for layer in self.layers)


def _distance(entry: Observation, flops: int, moved: int) -> float:
    """The larger of the two ratios, on a logarithmic scale; infinite where only one of them multiplies."""
    if bool(entry.flops) != bool(flops):
        return float("inf")
    work = abs(log(flops / entry.flops)) if flops else 0.0
    return max(work, abs(log(max(moved, 1) / max(entry.bytes, 1))))


def calibrate(files: Iterable[BenchFile], line: Roofline) -> Calibration:
    """What eager results in the same dtype say of networks other than the line's.

    Raises UsageError where there is none.
    """
    multiplied = line.workload.autocast or line.workload.dtype
    digest = line.graph.spec.digest
    found: list[Observation] = []
    for file in files:
        for result in file.results:
            if result.execution == "eager" and result.digest != digest and _same_dtype(result, multiplied):
                found += _observations(result)
    if not found:
        raise UsageError(
            f"the files to calibrate with hold no layers of other networks in {multiplied.short}: measure some, "
            "for instance with vggstat bench A B E --save other.json"
        )
    return Calibration(observations=tuple(found))


def _same_dtype(result: BenchResult, dtype: DType) -> bool:
    return (result.autocast or result.dtype) == dtype.name


def _observations(result: BenchResult) -> list[Observation]:
    return [
        Observation(
            spec=result.spec,
            digest=result.digest,
            kind=_kind(layer.kind, layer.input_channels),
            flops=layer.flops,
            bytes=layer.bytes,
            efficiency=layer.bound_s / layer.median_s,  # of the forward pass
            name=layer.name,
            bound_s=layer.bound_s,
            input_channels=layer.input_channels,
        )
        for layer in result.layers
        if layer.bound_s > 0 and layer.median_s > 0 and layer.kind not in ("loss", "optimizer")
    ]


def _kind(kind: str, input_channels: int) -> str:
    """A convolution of the image is a kind of its own: three channels fill no vector."""
    return "conv of the image" if kind == "conv" and 0 < input_channels < 8 else kind


def fit_files(paths: Sequence[str], line: Roofline) -> Calibration:
    """``calibrate`` on files. Raises InputError for one that cannot be read."""
    return calibrate([read_results(path) for path in paths], line)


def predict(line: Roofline, calibration: Calibration) -> Prediction:
    """The forward pass of the line's network, predicted from other networks."""
    channels = {node.name: node.in_shapes[0][0] for node in line.graph.nodes if node.layer.row_kind == "conv"}
    layers = []
    for layer in line.layers:
        kind = _kind(layer.kind, channels.get(layer.name, 0))
        efficiency, basis, count = calibration.efficiency(kind, layer.flops, layer.bytes)
        seconds = layer.fused_s / efficiency
        layers.append(LayerPrediction(layer.name, layer.fused_s, efficiency, seconds, basis, count))
    return Prediction(
        line=line, layers=tuple(layers), calibration=calibration, expected=cross_validate(calibration)
    )


def cross_validate(calibration: Calibration) -> Errors | None:
    """The errors for each network of the files, predicted from the others; None where there is only one."""
    errors: list[tuple[float, str]] = []
    for digest in dict.fromkeys(entry.digest for entry in calibration.observations):
        rest = calibration.without(digest)
        if not rest.observations:
            return None
        for entry in calibration.observations:
            if entry.digest == digest:
                guess, _, _ = rest.efficiency(entry.kind, entry.flops, entry.bytes)
                errors.append((entry.efficiency / guess - 1, f"{entry.spec} {entry.name}"))
    return _errors(errors)


def errors_against(prediction: Prediction, result: BenchResult) -> Errors | None:
    """How far the prediction is off the measured layers; None where none were measured."""
    measured = {layer.name: layer.median_s for layer in result.layers}
    errors = [
        (layer.predicted_s / measured[layer.name] - 1, layer.name)
        for layer in prediction.layers
        if measured.get(layer.name, 0) > 0
    ]
    return _errors(errors) if errors else None


def _errors(errors: Sequence[tuple[float, str]]) -> Errors:
    worst, name = max(errors, key=lambda error: abs(error[0]))
    return Errors(median([abs(error) for error, _ in errors]), worst, name, len(errors))
