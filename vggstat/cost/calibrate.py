"""A calibrated prediction: the bound of each layer over the efficiency that like layers reached elsewhere.

Efficiency is bound / measured time, of a layer of the same kind. Where the files hold layers with about the same
work and bytes, those count; else all of the kind do. Nothing of the network that is predicted is used, nor what was
measured on another device, in another mode or dtype, or by another method.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import Final, NamedTuple

from vggstat.cost.bench import BenchFile, BenchResult
from vggstat.cost.bench_json import read_results
from vggstat.cost.devices import is_same_device
from vggstat.cost.roofline import Roofline
from vggstat.cost.statistics import median
from vggstat.cost.workload import find_dtype
from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = [
    "GOAL",
    "GOAL_BATCH",
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
    "preferred",
]

ALIKE: Final = log(1.05)
"""Layers whose work and bytes differ by no more count as the same shape."""
NEAR: Final = log(4)
"""Beyond this factor in work or bytes a layer says nothing about another one."""

GOAL: Final = 0.10
"""The median error a layer that a prediction aims at."""
GOAL_BATCH: Final = 32
"""The smallest batch that the goal is stated for: launches and caches, which no bound counts, take more below it."""


class Source(NamedTuple):
    """What layers have to have in common to be a measure for one another."""

    device: str
    mode: str
    dtype: str
    """The short name of the format that is multiplied in."""
    method: str
    """How the layers were timed, in words; empty where the file does not say it."""


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
    method: str = ""
    """How their layers were timed, in words."""
    left_out: tuple[str, ...] = ()
    """Other methods by which the files have layers that would fit: those are not used."""
    doubtful: tuple[str, ...] = ()
    """The networks whose results have warnings."""

    @property
    def specs(self) -> tuple[str, ...]:
        """The networks that it rests on."""
        return tuple(dict.fromkeys(entry.spec for entry in self.observations))

    def without(self, digest: str) -> Calibration:
        """The same, nothing of one network used."""
        return self.replace(observations=tuple(o for o in self.observations if o.digest != digest))

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

    @property
    def has_goal(self) -> bool:
        """Whether the goal of ``GOAL`` is stated for a batch of this size."""
        return self.line.workload.batch >= GOAL_BATCH


def _distance(entry: Observation, flops: int, moved: int) -> float:
    """The larger of the two ratios, on a logarithmic scale; infinite where only one of them multiplies."""
    if bool(entry.flops) != bool(flops):
        return float("inf")
    work = abs(log(flops / entry.flops)) if flops else 0.0
    return max(work, abs(log(max(moved, 1) / max(entry.bytes, 1))))


def calibrate(files: Iterable[BenchFile], line: Roofline, method: str | None = None) -> Calibration:
    """What eager results of networks other than the line's say, on its device, in its mode and dtype.

    ``method`` is how the layers have to have been timed (``layers_method`` of the result that the prediction is held
    against); without one it is the best that the files have. Raises UsageError where nothing is left.
    """
    digest = line.graph.spec.digest
    held = [
        (_source(file, result), result)
        for file in files
        for result in file.results
        if result.execution == "eager" and result.layers
    ]
    fitting = [(source, result) for source, result in held if result.digest != digest and _fits(source, line)]
    methods = tuple(dict.fromkeys(source.method for source, _ in fitting))
    chosen = preferred(methods) if method is None else method
    used = [result for source, result in fitting if source.method == chosen]
    found = tuple(entry for result in used for entry in _observations(result))
    if not found:
        raise UsageError(_nothing_fits(held, line, method))
    return Calibration(
        observations=found,
        method=chosen,
        left_out=tuple(other for other in methods if other != chosen),
        doubtful=tuple(dict.fromkeys(result.spec for result in used if result.warnings)),
    )


def _source(file: BenchFile, result: BenchResult) -> Source:
    dtype = find_dtype(result.autocast or result.dtype).short
    return Source(file.device.name, result.mode, dtype, result.layers_method)


def _fits(source: Source, line: Roofline) -> bool:
    workload = line.workload
    multiplied = (workload.autocast or workload.dtype).short
    same = (source.mode, source.dtype) == (workload.mode, multiplied)
    return same and is_same_device(source.device, line.ceilings.name)


def preferred(methods: Sequence[str]) -> str:
    """The method to calibrate by: inside a CUDA graph, where no launch is in the times, else the first; "" of none."""
    return min(methods, key=lambda method: "CUDA graph" not in method, default="")


def _words(source: Source) -> str:
    timed = f"timed by {source.method or 'a method not stated'}"
    return ", ".join((source.device, source.mode, source.dtype, timed))


def _nothing_fits(held: Sequence[tuple[Source, BenchResult]], line: Roofline, method: str | None) -> str:
    """What was looked for, what the files have, and what to do."""
    workload, name = line.workload, line.graph.spec.name
    wanted = Source(
        line.ceilings.name, workload.mode, (workload.autocast or workload.dtype).short, method or "any method"
    )
    there = "; ".join(
        f"{', '.join(dict.fromkeys(r.spec for source, r in held if source == one))} ({_words(one)})"
        for one in dict.fromkeys(source for source, _ in held)
    )
    return (
        f"nothing to calibrate with: looked for layers of networks other than {name} ({_words(wanted)}), and the files "
        f"hold {there or 'no layers'}: measure some like that, for instance with vggstat bench A B E --save other.json"
    )


def _observations(result: BenchResult) -> list[Observation]:
    """Of each layer with a bound; what is not known of a model's layer says nothing about others."""
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
        if layer.bound_s and layer.median_s > 0 and layer.kind not in ("loss", "optimizer")
        if layer.flops is not None and layer.bytes is not None
    ]


def _kind(kind: str, input_channels: int) -> str:
    """A convolution of the image is a kind of its own: no other one has so few channels to read."""
    return "conv of the image" if kind == "conv" and 0 < input_channels < 8 else kind


def fit_files(paths: Sequence[str], line: Roofline, method: str | None = None) -> Calibration:
    """``calibrate`` on files. Raises InputError for one that cannot be read."""
    return calibrate([read_results(path) for path in paths], line, method)


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
