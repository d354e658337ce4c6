"""Steps as the values of a YAML document: texts, lists and mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vggstat.net.ops.base import CONVOLUTIONS
from vggstat.sources.spec.head import is_prediction_kind
from vggstat.sources.spec.language import AS, CURRENT, FROM
from vggstat.sources.spec.writing.layout import Data
from vggstat.sources.spec.writing.spelling import as_fields, kind_of, wanted_of
from vggstat.sources.spec.writing.tree import (
    Steps,
    WrittenFrom,
    WrittenJoin,
    WrittenLayer,
    WrittenStep,
    WrittenUnit,
)
from vggstat.sources.spec.writing.usual import Chunk, Spot, Sum, Usual
from vggstat.sources.spec.writing.wiring import Wiring

__all__ = ["Composer", "chunk_of", "chunks_and_sums", "classifier_spots", "spots_of"]


def chunk_of(wiring: Wiring, layer: WrittenLayer, spot: Spot) -> Chunk:
    """A layer with all ways to divide what stands behind it into fields and layers, most fields first."""
    main, *behind = (wiring.nodes[position] for position in layer.nodes)
    first = wanted_of(main)
    layers = [node.layer for node in behind]
    forms = []
    for count in range(len(behind), layer.least - 1, -1):
        whole = first.followed_by(as_fields(first.kind, layers[:count]))
        forms.append((whole, *map(wanted_of, behind[count:])))
    return Chunk(tuple(forms), spot)


def spots_of(wiring: Wiring, steps: Steps, form: str) -> list[Spot]:
    """Where each step of a list stands: in a residual's the last convolution apart."""
    spots: list[Spot] = ["block"] * len(steps)
    if form == "residual":
        last = max((at for at, step in enumerate(steps) if _is_convolution(wiring, step)), default=None)
        if last is not None:
            spots[last] = "last"
    return spots


def _is_convolution(wiring: Wiring, step: WrittenStep) -> bool:
    return isinstance(step, WrittenLayer) and wiring.nodes[step.start].layer.row_kind in CONVOLUTIONS


def classifier_spots(wiring: Wiring, layers: Sequence[WrittenLayer]) -> list[Spot]:
    """Where each layer of a classifier stands: the last FC layer or convolution is the prediction."""
    kinds = [kind_of(wiring.nodes[layer.start]) for layer in layers]
    last = max((at for at, kind in enumerate(kinds) if kind and is_prediction_kind(kind)), default=-1)
    return ["prediction" if at == last else "classifier" for at in range(len(layers))]


def chunks_and_sums(wiring: Wiring, steps: Steps, form: str = "layers") -> Iterator[Chunk | Sum]:
    """All layers, and what stands behind each residual's join, as they are written."""
    for step, spot in zip(steps, spots_of(wiring, steps, form), strict=True):
        if isinstance(step, WrittenLayer):
            yield chunk_of(wiring, step, spot)
        elif isinstance(step, WrittenUnit):
            if step.form == "residual":
                yield Sum(step.activation, not step.copies)
            for branch in step.branches:
                yield from chunks_and_sums(wiring, branch, step.form)


class Composer:
    """Composes the lists of one network. ``labels`` are the names of values."""

    def __init__(self, wiring: Wiring, usual: Usual, labels: Mapping[int, str]) -> None:
        self.wiring = wiring
        self.usual = usual
        self.labels = labels

    def list_of(self, steps: Steps, form: str = "layers") -> list[Data]:
        """The steps of a list, which may be one of a residual."""
        found: list[Data] = []
        for step, spot in zip(steps, spots_of(self.wiring, steps, form), strict=True):
            found += self._step(step, spot)
        return found

    def classifier(self, layers: Sequence[WrittenLayer]) -> list[Data]:
        """The layers behind the maps."""
        spots = classifier_spots(self.wiring, layers)
        found: list[Data] = []
        for layer, spot in zip(layers, spots, strict=True):
            found += self._layer(layer, spot)
        return found

    def _step(self, step: WrittenStep, spot: Spot) -> list[Data]:
        if isinstance(step, WrittenLayer):
            return self._layer(step, spot)
        if isinstance(step, WrittenFrom):
            return [f"{FROM} {self.labels[step.value]}"]
        if isinstance(step, WrittenJoin):
            return [self._join(step)]
        assert isinstance(step, WrittenUnit)
        return [self._list(step) if step.form == "layers" else self._branches(step)]

    def _layer(self, layer: WrittenLayer, spot: Spot) -> list[Data]:
        return self.usual.spell(chunk_of(self.wiring, layer, spot), self.labels.get(layer.end, ""))

    def _join(self, join: WrittenJoin) -> Data:
        names = [CURRENT if value is None else self.labels[value] for value in join.sources]
        if names[0] == CURRENT and CURRENT not in names[1:]:
            del names[0]
        label = self.labels.get(join.end, "")
        if not join.crop and not label:
            return {join.kind: names}
        crop = {"crop": True} if join.crop else {}
        return {join.kind: {"with": names, **crop, **self._label(label)}}

    def _list(self, unit: WrittenUnit) -> Data:
        """A unit of one list. Its last layer has the name of its value, unless it is repeated."""
        layers = self.list_of(unit.branches[0])
        if unit.repeat == 1 and not unit.name:
            return layers
        label = self.labels.get(unit.end, "") if unit.repeat > 1 else ""
        return {"layers": layers, **self._name(unit), **self._repeat(unit), **self._label(label)}

    def _branches(self, unit: WrittenUnit) -> Data:
        lists = [self.list_of(branch, unit.form) for branch in unit.branches]
        held = self._residual(unit, *lists) if unit.form == "residual" else self._parted(unit, lists)
        label = self.labels.get(unit.end, "")
        return {**self._name(unit), **held, **self._repeat(unit), **self._label(label)}

    def _residual(self, unit: WrittenUnit, body: list[Data], shortcut: list[Data]) -> dict[str, Data]:
        beside = {"shortcut": shortcut[0] if len(shortcut) == 1 else shortcut} if shortcut else {}
        return {
            "residual": body,
            **beside,
            **Sum(unit.activation, not unit.copies).besides(self.usual.defaults),
        }

    def _parted(self, unit: WrittenUnit, lists: list[Data]) -> dict[str, Data]:
        held: dict[str, Data] = {"branches": lists}
        if unit.join != "concat":
            held["join"] = unit.join
        if unit.split:
            held["split"] = unit.split
        if unit.activation != "none":
            held["activation"] = unit.activation
        return {**held, "in_place": False} if unit.copies else held

    def _name(self, unit: WrittenUnit) -> dict[str, Data]:
        return {"name": unit.name} if unit.name else {}

    def _repeat(self, unit: WrittenUnit) -> dict[str, Data]:
        return {"repeat": unit.repeat} if unit.repeat > 1 else {}

    def _label(self, label: str) -> dict[str, Data]:
        return {AS: label} if label else {}
