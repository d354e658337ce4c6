"""Memory under named accountings: what each counts, item by item.

"Memory" of a network means at least six different totals in circulation. An accounting has a name, a
definition and a source, and yields items; its total is the sum of its items, so it can always be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from vggstat.cost.counting import Counted, NotCounted
from vggstat.cost.inference import inference_moments, inference_peak
from vggstat.cost.items import MemoryItem, image_item, make_item, output_item
from vggstat.cost.moments import Moment
from vggstat.cost.saved import reasons, saved_items, unknown_saved, without_unknown
from vggstat.cost.workload import Workload
from vggstat.errors import UnknownMemoryError, UsageError
from vggstat.net.graph import Graph, Node
from vggstat.records import Record
from vggstat.shapes import values

__all__ = ["ACCOUNTINGS", "Accounting", "MemoryItem", "find_accounting", "inference_moments"]


class Accounting(Record):
    """One way to count memory. ``items`` lists what it counts for a whole batch."""

    name: str
    summary: str
    """What it counts, in a few words for the table."""
    definition: str
    reference: str
    items: Callable[[Graph, Workload], tuple[MemoryItem, ...]]
    is_linear: bool = True
    """Whether each part of it is a fixed number of bytes and so many more for each image."""
    moment: Callable[[Graph, Workload], Moment] | None = None
    """Of what is counted at one moment: which one, with its bytes, which come cheaper than the items."""
    unknown: Callable[[Graph], tuple[NotCounted, ...]] | None = None
    """The layers that keep it from being known, each with the reason."""
    part: Callable[[Graph], Graph] | None = None
    """Of a sum: the graph without those, of which the rest is known. A peak has no part."""

    def counted(self, graph: Graph, workload: Workload) -> Counted:
        """The sum with what is known of it: the layers that are not counted, by name, and why. Raises UsageError for a
        run that torch refuses."""
        try:
            return Counted(known=self.total_bytes(graph, workload))
        except UnknownMemoryError as error:
            left = self.unknown(graph) if self.unknown else ()
            if all(str(error) not in one.why for one in left):  # it is of no single layer
                left = (*left, NotCounted(graph.spec.name, (str(error),)))
        known = 0 if self.part is None else self.total_bytes(self.part(graph), workload)
        return Counted(known=known, not_counted=left, status="partial" if known else "unknown")

    def known_items(self, graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
        """Its items; those that are known where not all are, none of a peak."""
        try:
            return self.items(graph, workload)
        except UnknownMemoryError:
            return () if self.part is None else self.items(self.part(graph), workload)

    def total_bytes(self, graph: Graph, workload: Workload) -> int:
        """The sum of its items, in bytes."""
        if self.moment is not None:
            return self.moment(graph, workload).bytes
        return sum(item.bytes for item in self.items(graph, workload))


def find_accounting(name: str) -> Accounting:
    """The accounting of that name. Raises UsageError with the known ones."""
    for accounting in ACCOUNTINGS:
        if accounting.name == name.lower():
            return accounting
    known = ", ".join(accounting.name for accounting in ACCOUNTINGS)
    raise UsageError(f"unknown memory accounting {name!r}: expected one of {known}")


def _outputs(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    outputs = (output_item(node, workload, graph.width_of(node)) for node in graph.rows)
    return (image_item(graph, workload), *outputs)


def _unknown_maps(graph: Graph) -> tuple[NotCounted, ...]:
    """The rows whose map is of no known shape."""
    rows = {node.name for node in graph.rows}
    return tuple(
        one for one in reasons(graph, lambda node: output_item(node, Workload())) if one.name in rows
    )


def _known_maps(graph: Graph) -> Graph:
    """The graph with no row for a layer whose map is of no known shape."""
    return graph.replace(
        nodes=tuple(node if node.shape else node.replace(is_row=False) for node in graph.nodes)
    )


def _is_weighted(node: Node) -> bool:
    return node.ops.macs > 0


def _cs231n_total(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    items = [image_item(graph, workload)]
    for node in graph.rows:
        items.append(output_item(node, workload, graph.width_of(node)))
        if _is_weighted(node):
            items.append(make_item(node.name, "input again", values(node.in_shapes[0]), workload))
    return tuple(items)


def _inference_peak(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    return inference_peak(graph, workload).items


def _training_moment(graph: Graph, workload: Workload) -> Moment:
    # Imported when asked for: a table that does not show it should not wait for it.
    from vggstat.cost.training import training_peak

    return training_peak(graph, workload)


def _training_peak(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    return _training_moment(graph, workload).items


def _compiled(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    from vggstat.cost.compiled import compiled_items

    return compiled_items(graph, workload)


def _unknown_in_inference(graph: Graph) -> tuple[NotCounted, ...]:
    return tuple(reasons(graph, _ask_forward))


def _ask_forward(node: Node) -> object:
    return () if node.layer.storage("inference") == "view" else node.layer.alive(*node.in_shapes)


def _unknown_in_training(graph: Graph) -> tuple[NotCounted, ...]:
    """Both ways, and what is kept between them."""
    return tuple(
        reasons(graph, lambda node: (_ask_forward(node), node.saved, node.layer.backward(*node.in_shapes)))
    )


def _unknown_compiled(graph: Graph) -> tuple[NotCounted, ...]:
    return tuple(reasons(graph, lambda node: node.saved_compiled))


def _twice(items: Iterable[MemoryItem]) -> tuple[MemoryItem, ...]:
    return tuple(
        item._replace(what=what) for item in items for what in ("forward", "backward, taken to be as large")
    )


def _torchinfo(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    return _twice(output_item(node, workload) for node in graph.nodes if node.params)


def _torchsummary(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    return _twice(output_item(node, workload) for node in graph.nodes if node.torch_name)


def _netscope(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    counted = (node for node in graph.nodes if node.layer.stem not in ("avgpool", "flatten"))
    return (image_item(graph, workload), *(output_item(node, workload) for node in counted))


def _timm(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    return tuple(output_item(node, workload) for node in graph.nodes if _is_weighted(node))


ACCOUNTINGS: Final = (
    Accounting(
        name="inference-peak",
        summary="alive at once, weights aside",
        definition="the most bytes of maps alive at once in a forward pass without gradients: image, input, "
        "output and what the layer needs beside them; weights not included",
        reference="torch 2.13 under inference_mode, every map freed after its last reader",
        items=_inference_peak,
        moment=inference_peak,
        unknown=_unknown_in_inference,
    ),
    Accounting(
        name="outputs",
        summary="each map once, ReLU in place: the rows above",
        definition="the image and the output of every row; ReLU and dropout write over their input",
        reference="the rows of the CS231n lecture's table; convnet-burden's feature memory",
        items=_outputs,
        unknown=_unknown_maps,
        part=_known_maps,
    ),
    Accounting(
        name="saved",
        summary="kept by autograd for the backward pass, with pool indices",
        definition="what torch's autograd keeps from the forward pass for the backward pass, each storage "
        "once, with int64 pool indices and one-byte dropout masks; without weights and without the loss",
        reference="torch 2.13, saved_tensors_hooks",
        items=saved_items,
        unknown=unknown_saved,
        part=without_unknown,
    ),
    Accounting(
        name="cs231n-total",
        summary="each map, and each conv and FC input again",
        definition="the image and the output of every row, and the input of every conv and FC layer once "
        "more; a stated sum that reads as the lecture's total, with no claim that the lecture came by it so",
        reference="CS231n lecture on CNN architectures, the total under the VGGNet table",
        items=_cs231n_total,
        unknown=_unknown_maps,
        part=_known_maps,
    ),
    Accounting(
        name="training-peak",
        summary="alive at once in a training step, weights and optimizer included",
        definition="the most bytes alive at once in one training step: parameters, gradients, optimizer "
        "state, images and targets, what autograd keeps, gradients of maps and temporaries; cross entropy, "
        "gradients set to None between steps; without library workspaces; none where a batch norm has one value "
        "a channel to normalize, which torch refuses to train on",
        reference="torch 2.13: autograd's order and releases, torch.optim",
        items=_training_peak,
        moment=_training_moment,
        unknown=_unknown_in_training,
    ),
    Accounting(
        name="saved-compiled",
        summary="kept for the backward pass under torch.compile",
        definition="as `saved`, of a model compiled by torch.compile: pool indices of one byte, and a mask "
        "of one byte for a ReLU whose output no convolution reads; to the byte for the networks that ship, "
        "approximate for other orders of ReLU, batch norm, LRN and softmax, where the compiler may keep less or more",
        reference="torch 2.13, AOT autograd's min-cut partitioner (aot_eager_decomp_partition)",
        items=_compiled,
        unknown=_unknown_compiled,
        is_linear=False,  # statistics of a few values a channel are not kept, those of more are
    ),
    Accounting(
        name="torchinfo",
        summary="outputs of layers with parameters, twice",
        definition='"Forward/backward pass size": outputs of layers that hold parameters, times two',
        reference="torchinfo 1.8.0",
        items=_torchinfo,
    ),
    Accounting(
        name="torchsummary",
        summary="every module's output, twice",
        definition='"Forward/backward pass size": the output of every module, in place or not, times two',
        reference="torchsummary 1.5.1 (prints MiB as MB)",
        items=_torchsummary,
    ),
    Accounting(
        name="netscope",
        summary="every layer's output, in place or not",
        definition="the image and the output of every layer, ReLU, dropout and softmax included",
        reference="netscope CNN analyzer",
        items=_netscope,
    ),
    Accounting(
        name="timm",
        summary="outputs of conv and FC layers",
        definition='"macts": the outputs of conv and FC layers, counted in values',
        reference="timm result tables; fvcore 0.1.5 ActivationCountAnalysis",
        items=_timm,
    ),
    Accounting(
        name="convnet-burden",
        summary="each map once, as outputs",
        definition='"feature memory": the rows of `outputs`, printed there in MiB as MB',
        reference="convnet-burden",
        items=_outputs,
    ),
)
"""Every accounting, the four of the default totals first. A new one is one more entry here."""
