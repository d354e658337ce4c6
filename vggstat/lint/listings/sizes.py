"""Sizes in bytes and numbers of layers that are printed under a listing."""

from __future__ import annotations

from vggstat.cost.workload import DTYPES, Workload
from vggstat.lint.listings.whole import Whole
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Number
from vggstat.lint.tool_sizes import FLOAT32
from vggstat.net.graph import Graph


def judge_size_or_count(whole: Whole, cell: Cell, number: Number) -> None:
    """Enter the verdict on a size or a number of layers."""
    if cell.quantity == "saved_bytes":
        _judge_saved(whole, cell, number)
        return
    exact, code, words = _figures(whole).get(cell.quantity, (None, "", ""))
    if exact is None:
        whole.verdicts.skip(cell, f"nothing is known to compare {cell.quantity.replace('_', ' ')} with")
        return
    if cell.quantity == "total_bytes" and whole.table.family == "torchinfo":
        exact += _object_bytes(whole, number, exact)
    if cell.quantity == "total_bytes" and _has_open_image(whole, number, exact):
        whole.verdicts.skip(cell, "no row shows the image")
        return
    whole.expect(cell, number, exact, code, words)


def _has_open_image(whole: Whole, number: Number, exact: int) -> bool:
    """Whether the image, which is a part of the sum, is known by its rounded size alone, or not even by that."""
    if whole.identity.image_guessed:
        return _is_near(whole, number, exact)
    return whole.identity.own and any(finding.code == "V311" for finding in whole.verdicts.findings)


def _is_near(whole: Whole, number: Number, exact: int) -> bool:
    """Whether it is not the figure, but within two units of its last place."""
    scale, reading = whole.scales(number)[0], number.readings[0]
    off = abs(reading.mantissa * scale - exact * 10**reading.decimals)
    return off <= 2 * scale and not number.admits(exact, scale)


def _figures(whole: Whole) -> dict[str, tuple[int | None, str, str]]:
    """What is known: the figure, the code of a wrong one, and what it is."""
    report, targets = whole.network.report, whole.network.targets
    params = whole.params * FLOAT32
    image = targets[0].values * whole.identity.batch * FLOAT32
    passing = _pass_bytes(whole)
    in_all = None if passing is None else params + image + passing
    return {
        "param_bytes": (params, "V211", "bytes of parameters in float32"),
        "input_bytes": (image, "V311", "bytes of the image in float32"),
        "pass_bytes": (passing, "V503", "bytes of outputs, forward and backward"),
        "total_bytes": (in_all, "V503", "bytes in all"),
        "conv_layers": (report.conv_layers, "V704", "conv layers"),
        "fc_layers": (report.fc_layers, "V704", "FC layers"),
        "weight_layers": (report.weight_layers, "V704", "layers with weights"),
        "pool_layers": (sum(t.kind == "pool" for t in targets), "V704", "pooling layers"),
        "classes": (report.graph.classes, "V103", "classes"),
    }


def _pass_bytes(whole: Whole) -> int | None:
    """Forward/backward pass size as the tool whose listing it is defines it; None for no such tool."""
    if whole.table.gaps:
        return None
    if whole.table.family == "torchsummary":
        if len(whole.shown) < sum(obs.row.type != "container" for obs in whole.identity.observations):
            return None  # a row is of no layer that is known
        values = sum(target.values for target in whole.shown if target.kind != "input")
    elif whole.table.family == "torchinfo":
        values = sum(target.values for target in whole.targets if target.params)
    else:
        return None
    return 2 * FLOAT32 * values * whole.identity.batch


def _object_bytes(whole: Whole, number: Number, exact: int) -> int:
    """What torchinfo adds to the image for its Python object: some dozens of bytes, where only they explain it."""
    scales = whole.scales(number)
    reached = any(number.admits(exact + more, scale) for more in range(8, 129, 8) for scale in scales)
    return 64 if reached and not number.admits(exact, scales[0]) else 0


def _judge_saved(whole: Whole, cell: Cell, number: Number) -> None:
    """What training keeps for the backward pass, in any type of number, with the adaptive pool or without."""
    from vggstat.cost.accounting import find_accounting

    saved, words = find_accounting("saved"), "bytes kept for backward"
    report, batch = whole.network.report, whole.identity.batch
    loads = [Workload(batch=images, dtype=dtype) for images in (1, batch) for dtype in DTYPES]
    graphs = [report.graph, *with_pool(report.graph)]
    counts = (saved.total_bytes(graph, load) for graph in graphs for load in loads)
    if any(number.admits(count, scale) for count in counts for scale in whole.scales(number)):
        whole.verdicts.passed(cell, words)
    else:
        whole.expect(cell, number, report.memory_bytes(saved) * batch, "V503", words)


def with_pool(graph: Graph) -> tuple[Graph, ...]:
    """The same network with its adaptive pool, which listings leave out where it changes nothing."""
    from vggstat.errors import VggstatError
    from vggstat.sources.spec.build import build_graph

    try:
        return (build_graph(graph.spec, image=graph.image, head="adaptive", classes=graph.classes),)
    except VggstatError:
        return ()
