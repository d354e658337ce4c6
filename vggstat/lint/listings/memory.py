"""What a listing says of memory: the sum of its outputs, the lecture's wrong one, sizes in bytes; and numbers of layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vggstat.cost.accounting import find_accounting
from vggstat.cost.workload import DTYPES, Workload
from vggstat.errors import VggstatError
from vggstat.lint.conventions import FLOAT32, Rule, memory_rules
from vggstat.lint.errata import errata_of, is_lecture
from vggstat.lint.figures import figures_of
from vggstat.lint.listings.columns import heading_of
from vggstat.lint.listings.whole import SIZES, Whole, printed_sizes
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.verdicts import counted
from vggstat.net.graph import Graph
from vggstat.sources.spec.build import build_graph


def judge_memory(whole: Whole, cell: Cell, number: Number) -> None:
    """The sum under the rows' convention, of the rows that people count."""
    if whole.table.accounting:
        _judge_named(whole, cell, number)
        return
    column = whole.columns.get(f"{cell.quantity} {heading_of(cell)}", whole.columns.get("memory"))
    if column is None and "memory" in whole.columns:
        whole.verdicts.skip(cell, "the column follows no known way to count")
        return
    rules = memory_rules(in_bytes=number.unit.bytes)
    mine = [rule for rule in rules if column is None or _kind(rule) == _kind(column)]
    permitted = whole.table.policy.permitted("memory", mine, in_bytes=number.unit.bytes)
    matches = [whole.match(number, mine, permitted, column, rows) for rows in _choices(whole)]
    right = next((match for match in matches if match is not None and match.kind == "right"), None)
    if right is not None:
        whole.verdicts.passed(cell, right.rule.words)
        return
    if column is not None and _kind(column) and number.unit.bytes:
        values = whole.sum(column._replace(binary=False), whole.rows) or 0
        if number.admits_in(FLOAT32 * values, whole.table.policy.scales(number)):
            whole.verdicts.passed(cell, column.name.replace("values", "bytes", 1))
            return
    if _is_lecture_total(whole, cell, number):
        return
    rule = (list(permitted) or mine or list(rules))[0]
    words = "bytes of output in all" if number.unit.bytes else "output values in all"
    match = next((match for match in matches if match is not None), None)
    if match is not None:
        whole.contradict(cell, number, match, rule, "V503", words)
    else:
        whole.fail(cell, number, whole.sum(rule, whole.rows) or 0, "V503", words, rule.scale(number))


def _judge_named(whole: Whole, cell: Cell, number: Number) -> None:
    """The sum under the accounting that the listing names; in values where it is no number of bytes."""
    accounting, report = find_accounting(whole.table.accounting), whole.network.report
    width, unit = (1, "bytes") if number.unit.bytes else (FLOAT32, "values")
    sizes = [
        accounting.total_bytes(graph, report.workload) for graph in (report.graph, *_with_pool(report.graph))
    ]
    counts = [size * whole.identity.batch // width for size in sizes]
    fitting = (count for count in counts if number.admits_in(count, whole.scales(number)))
    whole.expect(cell, number, next(fitting, counts[0]), "V503", f"{unit} under {accounting.name}")


def _kind(rule: Rule) -> str:
    """What it counts where that is not each output once."""
    return rule.name if rule.name.startswith("values") and rule.name != "values of each output" else ""


def _choices(whole: Whole) -> Iterator[Sequence[Target]]:
    """The rows that the sum may be of."""
    yield whole.rows
    if not any(target.kind == "input" for target in whole.rows):
        yield [whole.network.targets[0], *whole.rows]  # the image counts where its row is left out, too
    # a pool that changes nothing is a row of some listings, and counted in none
    yield [target for target in whole.rows if target.kind != "avgpool" or target.shape != target.in_shape]


def _is_lecture_total(whole: Whole, cell: Cell, number: Number) -> bool:
    """Enter the known erratum, if the number is that."""
    in_bytes = number.unit.bytes
    told = errata_of(number, "memory" if in_bytes else "values", whole.network.name)
    if not any(map(is_lecture, told)):
        return False
    values = sum(target.values for target in whole.rows)
    size = FLOAT32 * values
    whole.verdicts.wrong_part(
        "V502",
        cell,
        number,
        f"known erratum of the CS231n lecture: its rows add up to {values / 1e6:.1f}M, not to 24M",
        severity="warning",
        expected=format_like(number, size if in_bytes else values),
        notes=(
            f"{counted(len(whole.rows), 'row')}: {values:,} values = {size / 1e6:.2f} MB = "
            f"{size / 2**20:.2f} MiB. More: vggstat rule V502",
        ),
    )
    return True


def join_findings(whole: Whole) -> None:
    """The lecture's ``24M * 4 bytes ~= 93MB`` as one finding where both halves stand on one line."""
    verdicts = whole.verdicts
    found = [finding for finding in verdicts.findings if finding.code == "V502"]
    cells = [
        cell
        for cell in whole.table.totals
        if cell.quantity in ("values", "memory") and len(cell.flow.starts) == 1
    ]
    if len(found) != 2 or len(cells) != 2 or found[0].place.line != found[1].place.line:
        return
    line, first = cells[0].flow.origins[0]
    other, second = cells[1].flow.origins[0]
    if line is not other or second < first:
        return
    between = line.text[first + len(cells[0].flow) : second]
    values = sum(target.values for target in whole.rows)
    joined = found[0].replace(
        place=found[0].place._replace(end_column=found[1].place.end_column),
        text=line.text[first : second + len(cells[1].flow)],
        expected=f"{values / 1e6:.1f}M{between}{found[1].expected}",
    )
    verdicts.findings = [*(finding for finding in verdicts.findings if finding.code != "V502"), joined]


def judge_size_or_count(whole: Whole, cell: Cell, number: Number) -> None:
    """Enter the verdict on a size or a number of layers."""
    if cell.quantity == "saved_bytes":
        _judge_saved(whole, cell, number)
        return
    exact, code, words = _sizes(whole).get(cell.quantity) or _layers(whole, cell.quantity)
    if exact is None:
        whole.verdicts.skip(cell, f"nothing is known to compare {cell.quantity.replace('_', ' ')} with")
        return
    if cell.quantity == "total_bytes" and whole.table.family == "torchinfo":
        exact += _object_bytes(whole, number, exact)
    if cell.quantity == "total_bytes" and _has_open_image(whole, number, exact):
        whole.verdicts.skip(cell, "no row shows the image")
        return
    if cell.quantity == "total_bytes" and _is_printed_sum(whole, number):
        whole.verdicts.passed(cell, "sum of the sizes above it, as they are printed")
        return
    whole.expect(cell, number, exact, code, words)


def _is_printed_sum(whole: Whole, number: Number) -> bool:
    """Whether a size is the sum of the three that are printed above it, which are rounded."""
    parts = printed_sizes(whole.table)
    decimals = {part.readings[0].decimals for part in (number, *parts)}
    return (
        len(parts) == len(SIZES)
        and len(decimals) == 1
        and sum(p.readings[0].mantissa for p in parts) == number.readings[0].mantissa
    )


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


def _sizes(whole: Whole) -> dict[str, tuple[int | None, str, str]]:
    """What is known: the figure, the code of a wrong one, and what it is."""
    params = whole.params * FLOAT32
    image = whole.network.targets[0].values * whole.identity.batch * FLOAT32
    passing = _pass_bytes(whole)
    in_all = None if passing is None else params + image + passing
    return {
        "param_bytes": (params, "V211", "bytes of parameters in float32"),
        "input_bytes": (image, "V311", "bytes of the image in float32"),
        "pass_bytes": (passing, "V503", "bytes of outputs, forward and backward"),
        "total_bytes": (in_all, "V503", "bytes in all"),
    }


def _layers(whole: Whole, quantity: str) -> tuple[int | None, str, str]:
    """A number of layers, or of classes."""
    figure = next(iter(figures_of(whole.network, quantity)), None)
    if figure is None:
        return None, "", ""
    return figure.exact, "V103" if quantity == "classes" else "V704", figure.rule


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
    reached = any(number.admits_in(exact + more, scales) for more in range(8, 129, 8))
    return 64 if reached and not number.admits(exact, scales[0]) else 0


def _judge_saved(whole: Whole, cell: Cell, number: Number) -> None:
    """What training keeps for the backward pass, in any type of number, with the adaptive pool or without."""
    saved, words = find_accounting("saved"), "bytes kept for backward"
    report, batch = whole.network.report, whole.identity.batch
    loads = [Workload(batch=images, dtype=dtype) for images in (1, batch) for dtype in DTYPES]
    graphs = [report.graph, *_with_pool(report.graph)]
    counts = (saved.total_bytes(graph, load) for graph in graphs for load in loads)
    if any(number.admits_in(count, whole.scales(number)) for count in counts):
        whole.verdicts.passed(cell, words)
    else:
        whole.expect(cell, number, report.memory_bytes(saved) * batch, "V503", words)


def _with_pool(graph: Graph) -> tuple[Graph, ...]:
    """The same network with its adaptive pool, which listings leave out where it changes nothing."""
    try:
        return (build_graph(graph.spec, image=graph.image, head="adaptive", classes=graph.classes),)
    except VggstatError:
        return ()
