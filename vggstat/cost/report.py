"""What a network costs: one row a layer, in exact integers, and totals that are sums of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import chain
from typing import Any, Final

from vggstat.cost.accounting import Accounting
from vggstat.cost.counting import Counted, CountingRule, NotCounted, Status, find_counting_rule
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import CONVOLUTIONS, Layer, Param
from vggstat.net.settings import Settings, settings_of
from vggstat.net.shortcuts import has_weights, on_shortcuts
from vggstat.net.work import Work, total_work
from vggstat.records import Record
from vggstat.shapes import Extents, Shape, Sides, values

__all__ = ["FROZEN", "Block", "OpItem", "Report", "Row", "analyze", "block_of"]


FROZEN: Final = "frozen"
"""The setting that says how many parameters of a row training leaves as they are."""

MACS_RULE: Final = find_counting_rule("macs")


UNUSED: Final = "unused"
"""The kind of a row that holds parameters which no layer takes, and makes no map."""


class Row(Record):
    """One layer's figures. Parameters are the layer's; MACs, values and bytes are of the whole batch."""

    name: str
    torch_name: str | None
    block: str
    kind: str
    layer: Layer | None
    """What it is; None for the image."""
    label: str
    number: int | None
    """Which weight layer it is, counted from 1; None for a layer without weights of conv or FC, and on shortcuts."""
    scope: tuple[str, ...]
    """The path of blocks, units and branches that it stands in."""
    inputs: tuple[str, ...]
    """The rows whose values enter, or what follows them on the way; none for the image."""
    in_shape: Shape | None
    output_shape: Shape
    kernel: Extents | None
    stride: Extents | None
    padding: Extents | None
    dilation: Extents | None
    groups: int | None
    weight_shape: tuple[int, ...] | None
    weights: int
    biases: int
    macs: int | None
    """None where its work is not known."""
    output_values: int
    """0 where the map is not known."""
    output_bytes: int
    receptive_field: Sides | None
    """In pixels of the image; None where every value sees all of it, or where paths of different steps have met."""
    jump: Sides | None
    """Distance of neighbouring values in pixels of the image (the effective stride)."""
    sees_all: bool
    """Whether every value sees the whole image."""
    frozen: int = 0
    """Of its weights and biases those that training leaves as they are."""

    @property
    def params(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def has_unknown_map(self) -> bool:
        """Whether nobody knows the shape of what it makes: then its values are in no sum."""
        return not self.output_shape and self.kind != UNUSED

    @property
    def flops(self) -> int | None:
        """Two per multiply-accumulate; None where those are not known."""
        return None if self.macs is None else 2 * self.macs

    @property
    def settings(self) -> Settings:
        """What its layer sets beside its window and its groups, where that is not the default, and what of it is frozen."""
        own = () if self.layer is None else settings_of(self.layer)
        return (*own, (FROZEN, self.frozen)) if self.frozen else own


class OpItem(Record):
    """The operations of one node under one rule; None where the rule is not known for its kind."""

    node: Node
    count: int | None


class Block(Record):
    """Some rows, added up once: whoever asks for a sum for each layer does not walk over all of them again."""

    name: str
    rows: tuple[Row, ...]
    weights: int
    biases: int
    macs_known: int
    """Of the rows whose work is known."""
    macs_not_counted: tuple[str, ...] = ()
    """Names of the others."""
    output_values: int
    output_bytes: int
    has_unknown_map: bool = False
    """Whether output values and bytes are of a part of its rows only."""

    @property
    def params(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def all_output_values(self) -> int | None:
        """Values of all its maps; None where one is not known, so that no part of them passes for all."""
        return None if self.has_unknown_map else self.output_values

    @property
    def macs(self) -> int | None:
        """All multiply-accumulates; None where some are not known, so that no part of them passes for all."""
        return None if self.macs_not_counted else self.macs_known

    @property
    def flops(self) -> int | None:
        """Two per multiply-accumulate; None where those are not known."""
        return None if self.macs is None else 2 * self.macs


class Report(Record):
    """The figures of a graph under a workload."""

    graph: Graph
    workload: Workload
    rows: tuple[Row, ...]
    total: Block
    """All rows as one block: the totals are its sums."""
    blocks: tuple[Block, ...]
    """The rows by block, in order; the image is a block of its own."""
    ops: Work
    """Work of all layers for the whole batch, by kind."""

    @property
    def name(self) -> str:
        return self.graph.spec.name

    @property
    def weight_layers(self) -> int:
        """Conv and FC layers: the number in a VGG's name."""
        return sum(row.number is not None for row in self.rows)

    @property
    def shortcut_layers(self) -> int:
        """Convolutions of shortcuts, which the number in a ResNet's name leaves out."""
        return sum(row.kind in (*CONVOLUTIONS, "fc") and row.number is None for row in self.rows)

    @property
    def conv_layers(self) -> int:
        """Convolutions, without those of shortcuts."""
        return sum(row.kind in CONVOLUTIONS and row.number is not None for row in self.rows)

    @property
    def fc_layers(self) -> int:
        return sum(row.kind == "fc" for row in self.rows)

    @property
    def param_bytes(self) -> int:
        """Bytes of the learned parameters at the workload's dtype."""
        return self.total.params * self.workload.dtype.width

    @property
    def file_bytes(self) -> int:
        """Bytes of all tensors in a weights file: parameters, and a batch norm's running statistics."""
        width = self.workload.dtype.width
        layers = (param for node in self.graph.nodes for param in node.params)
        held = chain(layers, self.graph.unused, self.graph.unused_buffers)
        return sum(param.elements * (param.width or width) for param in held)

    @property
    def frozen_params(self) -> int:
        """Learned values that training leaves as they are."""
        return self.total.params - self.graph.trained_values

    @property
    def backward_flops(self) -> int | None:
        """FLOPs of the backward pass, two per MAC: as FlopCounterMode counts. None where there is work that is not known.

        Each conv and FC layer repeats its forward MACs for the gradient of its weights, and once more for
        the gradient of its input, which the first learned layer does not need.
        """
        if self.total.macs is None or self.graph.set_aside:
            return None
        lost = {node.index for node in self.graph.leads_nowhere}
        nodes = (node for node in self.graph.nodes if node.index not in lost)
        return 2 * sum(node.backward_macs for node in nodes) * self.workload.batch

    @property
    def training_flops(self) -> int | None:
        """FLOPs of one training step, forward and backward, two per MAC; None where there is work that is not known."""
        forward, backward = self.total.flops, self.backward_flops
        return None if forward is None or backward is None else forward + backward

    def operations(self, rule: CountingRule) -> int | None:
        """All operations under a rule; None where the rule is not known for one of the layers."""
        return rule.count(self.ops)

    def counted(self, rule: CountingRule) -> Counted:
        """The same with what is known of it: the nodes that are not counted, by name, and their kinds of work."""
        left = tuple(
            NotCounted(node.name, unknown, node.place.line_words)
            for node in self.graph.nodes
            if (unknown := rule.unknown_in(node.ops))
        )
        known = rule.known(self.ops)
        status: Status = "complete" if not left else "partial" if known else "unknown"
        return Counted(known=known, not_counted=left, status=status)

    def operation_items(self, rule: CountingRule) -> tuple[OpItem, ...]:
        """The operations of each node that the rule counts, or cannot count."""
        batch = self.workload.batch
        items = (OpItem(node=node, count=rule.count(node.ops * batch)) for node in self.graph.nodes)
        return tuple(item for item in items if item.count != 0)

    def memory_bytes(self, accounting: Accounting) -> int:
        """Bytes under an accounting. Raises UsageError for a run that torch refuses."""
        return accounting.total_bytes(self.graph, self.workload)

    def memory_counted(self, accounting: Accounting) -> Counted:
        """The same with what is known of it. Raises UsageError for a run that torch refuses."""
        return accounting.counted(self.graph, self.workload)

    def memory_if_run(self, accounting: Accounting) -> int | None:
        """Bytes under an accounting; None for a run that torch refuses."""
        try:
            return self.memory_bytes(accounting)
        except UsageError:
            return None


def analyze(graph: Graph, workload: Workload | None = None) -> Report:
    """The report of a graph under a workload (one image in float32, if None)."""
    load = workload or Workload()
    rows = [_image_row(graph, load)]
    number = 0
    shown, beside = _rows_behind(graph), on_shortcuts(graph)
    for node in graph.rows:
        weighted = has_weights(node) and node.index not in beside
        number += weighted
        rows.append(_row(node, load, number if weighted else None, shown, graph.width_of(node)))
    rows += _unused_rows(graph.unused, {row.name for row in rows})
    return Report(
        graph=graph,
        workload=load,
        rows=tuple(rows),
        total=block_of("total", tuple(rows)),
        blocks=_blocks(rows),
        ops=total_work(n.ops for n in graph.nodes) * load.batch,
    )


def _rows_behind(graph: Graph) -> list[str]:
    """For each value the name of the row that it comes from: its own layer's, or that before an activation and its like."""
    shown = ["input"]
    for node in graph.nodes:
        shown.append(node.name if node.is_row or not node.inputs else shown[node.inputs[0]])
    return shown


def block_of(name: str, rows: tuple[Row, ...]) -> Block:
    """The rows under a name, with their sums."""
    return Block(
        name=name,
        rows=rows,
        weights=sum(row.weights for row in rows),
        biases=sum(row.biases for row in rows),
        macs_known=sum(row.macs or 0 for row in rows),
        macs_not_counted=tuple(row.name for row in rows if row.macs is None),
        output_values=sum(row.output_values for row in rows),
        output_bytes=sum(row.output_bytes for row in rows),
        has_unknown_map=any(row.has_unknown_map for row in rows),
    )


def _blocks(rows: Iterable[Row]) -> tuple[Block, ...]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.block, []).append(row)
    return tuple(block_of(name, tuple(held)) for name, held in groups.items())


def _image_row(graph: Graph, load: Workload) -> Row:
    count = values(graph.image)
    return _plain_row(
        name="input",
        block="input",
        kind="input",
        output_shape=graph.image,
        output_values=count * load.batch,
        output_bytes=load.bytes(count, graph.input_width),
        receptive_field=1,
        jump=1,
    )


def _unused_rows(unused: Iterable[Param], taken: Set[str]) -> Iterator[Row]:
    """A row for each module whose parameters nothing takes: they are counted, and no map comes of them.

    It has the module's name, or another one where a layer has that, some of whose parameters are used.
    """
    modules: dict[str, list[Param]] = {}
    for param in unused:
        modules.setdefault(param.path.rpartition(".")[0], []).append(param)
    for module, params in modules.items():
        name = module or "the model's own"
        yield _plain_row(
            name=f"{name}, the rest" if name in taken else name,
            block="unused",
            kind=UNUSED,
            label="not used",
            output_shape=(),
            output_values=0,
            output_bytes=0,
            weights=_elements(params, "weight"),
            biases=_elements(params, "bias"),
            frozen=_frozen(params),
        )


def _plain_row(**told: Any) -> Row:
    """A row that is no layer of the network: what is not told is not there."""
    nothing: dict[str, Any] = dict.fromkeys(Row.record_fields)
    nothing.update(label="", scope=(), inputs=(), weights=0, biases=0, macs=0, sees_all=False, frozen=0)
    return Row(**{**nothing, **told})


def _elements(params: Iterable[Param], role: str) -> int:
    return sum(param.elements for param in params if param.role == role)


def _frozen(params: Iterable[Param]) -> int:
    return sum(param.elements for param in params if param.role != "buffer" and param.frozen)


def _row(node: Node, load: Workload, number: int | None, shown: Sequence[str], width: int | None) -> Row:
    params = node.params
    weight = next((param for param in node.tensors if param.role == "weight"), None)
    window = node.layer.geometry()
    count = values(node.shape) if node.shape else 0
    return Row(
        name=node.name,
        torch_name=node.torch_name,
        block=node.block,
        kind=node.layer.row_kind,
        layer=node.layer,
        label=node.layer.label,
        number=number,
        scope=node.scope,
        inputs=tuple(shown[value] for value in node.inputs),
        in_shape=node.in_shapes[0] if node.in_shapes else None,
        output_shape=node.shape,
        kernel=window.kernel if window else None,
        stride=window.stride if window else None,
        padding=window.padding if window else None,
        dilation=window.dilation if window else None,
        groups=getattr(node.layer, "groups", None),
        weight_shape=weight.shape if weight else None,
        weights=_elements(params, "weight"),
        biases=_elements(params, "bias"),
        frozen=_frozen(params),
        macs=MACS_RULE.count(node.ops * load.batch),
        output_values=count * load.batch,
        output_bytes=load.bytes(count, width),
        receptive_field=node.sight.field if node.sight else None,
        jump=node.sight.jump if node.sight else None,
        sees_all=node.sight is None,
    )
