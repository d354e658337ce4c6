"""What a listing says of the whole: its totals against its own rows and against the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vggstat.claims.chain import blame_row
from vggstat.claims.conventions import Rule, memory_rules, ops_rules, param_rules
from vggstat.claims.identify import Identity
from vggstat.claims.judge_rows import heading_of
from vggstat.claims.ledger import Ledger, counted
from vggstat.claims.model import Cell, ClaimTable
from vggstat.claims.network import Network, Target
from vggstat.claims.numbers import Number, claim_parts, clean, format_like
from vggstat.claims.slips import digit_slip
from vggstat.cost.workload import DTYPES, Workload
from vggstat.graph.model import Graph

__all__ = ["judge_sums", "judge_totals"]

FLOAT32: Final = 4


def judge_totals(
    table: ClaimTable,
    identity: Identity,
    shown: Sequence[Target],
    columns: dict[str, Rule | None],
    ledger: Ledger,
) -> None:
    """Judge every total of a listing whose network is known. ``shown``: the layers of its rows."""
    assert identity.network is not None
    judge = _Totals(table, identity, identity.network, shown, columns, ledger)
    for cell in table.totals:
        judge.cell(cell)
    judge.parts_of_total()
    _join_errata(table, judge, ledger)


class _Totals:
    def __init__(
        self, table: ClaimTable, identity: Identity, network: Network, shown: Sequence[Target],
        columns: dict[str, Rule | None], ledger: Ledger,
    ) -> None:  # fmt: skip
        self.table, self.identity, self.network = table, identity, network
        self.shown, self.columns, self.ledger = shown, columns, ledger
        made = [t for t in shown if not any(t is own for own in network.targets)]
        self.targets = [*network.targets, *(t for t in made if t.params)]
        self.rows = [*shown, *(network.targets[t] for t in identity.missing)]

    def cell(self, cell: Cell) -> None:
        flow = clean(cell.flow)
        numbers = [part for part in claim_parts(flow.text, cell.unit) if isinstance(part, Number)]
        if not numbers:
            self.ledger.skip(cell, "no number can be read in it")
            return
        number = numbers[-1]
        if cell.quantity in ("params", "weights", "biases"):
            self._params(cell, number)
        elif cell.quantity in ("trainable_params", "frozen_params", "trainable_bytes", "frozen_bytes"):
            return  # judged together, in parts_of_total
        elif cell.quantity == "ops":
            self._ops(cell, number)
        elif cell.quantity in ("values", "memory"):
            self._memory(cell, number)
        else:
            self._size_or_count(cell, number)

    def _sum(self, rule: Rule, rows: Sequence[Target] | None = None) -> int | None:
        counts = [
            rule.exact(target, self.identity.batch) for target in (self.targets if rows is None else rows)
        ]
        return None if None in counts else sum(count for count in counts if count is not None)

    def _params(self, cell: Cell, number: Number) -> None:
        if cell.quantity == "biases":
            self._expect(cell, number, sum(t.biases for t in self.targets), "V501", "biases in all")
            return
        rules = param_rules(self.table.family)
        own = self.columns.get(f"{cell.quantity} {heading_of(cell)}")
        chosen = own or self.columns.get(cell.quantity) or self.columns.get("params") or rules[0]
        if cell.quantity == "weights":
            chosen = next(rule for rule in rules if rule.name.startswith("weights"))
        for rule in (chosen, *rules):
            exact = self._sum(rule)
            if exact is None or not number.admits(exact, rule.scale(number)):
                continue
            if rule.name != chosen.name and "params" in self.columns and number.is_exact:
                ours = self._sum(chosen) or 0
                self.ledger.fail(
                    "V601", clean(cell.flow), f"{number.text} is right as {rule.name}, but the rows are "
                        f"{chosen.name}: "
                    f"they add up to {ours:,}", severity="warning", span=(number.start, number.end),
                    expected=format_like(number, ours), quantity="params",
                )  # fmt: skip
            else:
                self.ledger.passed(cell, rule.words)
            return
        self._wrong(cell, number, self._sum(chosen) or 0, "V501", "parameters in all", chosen)

    def _ops(self, cell: Cell, number: Number) -> None:
        from vggstat.claims.figures import judge_ops

        if self.columns.get("ops") is None and "ops" in self.columns:
            self.ledger.skip(cell, "the column follows no known way to count")
            return
        judge_ops(
            cell,
            number,
            lambda rule: self._sum(rule),
            ops_rules(),
            self.columns.get("ops"),
            self.ledger,
            "V504",
        )

    def _memory(self, cell: Cell, number: Number) -> None:
        rules = memory_rules(in_bytes=number.unit.bytes)
        chosen = self.columns.get(f"{cell.quantity} {heading_of(cell)}", self.columns.get("memory"))
        if chosen is None and "memory" in self.columns:
            self.ledger.skip(cell, "the column follows no known way to count")
            return
        mine = [
            rule for rule in rules if chosen is None or ("again" in rule.name) == ("again" in chosen.name)
        ]
        rows = self.rows
        choices = [rows]
        if not any(target.kind == "input" for target in rows):
            choices.append(
                [self.network.targets[0], *rows]
            )  # the image counts where its row is left out, too
        moving = [t for t in rows if t.kind != "avgpool" or t.shape != t.in_shape]
        choices.append(moving)  # a pool that changes nothing is a row of some listings, and counted in none
        for chosen_rows in choices:
            for rule in mine:
                exact = self._sum(rule, chosen_rows)
                if exact is not None and number.admits(exact, rule.scale(number)):
                    self.ledger.passed(cell, rule.words)
                    return
        if chosen is not None and "again" in chosen.name and number.unit.bytes:
            values = self._sum(chosen._replace(binary=False), rows) or 0
            if any(number.admits(4 * values, scale) for scale in (number.unit.decimal, number.unit.binary)):
                self.ledger.passed(cell, "bytes of each output, and conv and FC inputs again")
                return
        if self._erratum(cell, number):
            return
        rule = (mine or list(rules))[0]
        exact = self._sum(rule, rows) or 0
        self._wrong(
            cell,
            number,
            exact,
            "V503",
            "bytes of output in all" if number.unit.bytes else "output values in all",
            rule,
        )

    def _erratum(self, cell: Cell, number: Number) -> bool:
        """The lecture's total under D's rows."""
        from vggstat.claims.errata import find_errata

        values = sum(target.values for target in self.rows)
        right = 4 * values if number.unit.bytes else values
        for entry in find_errata("memory" if number.unit.bytes else "values", self.network.name):
            if any(number.admits(stated) for stated in entry.stated):
                self.ledger.fail(
                    "V502", clean(cell.flow), "known erratum of the CS231n lecture: its rows add up to "
                    f"{values / 1e6:.1f}M, not to 24M", severity="warning", span=(number.start, number.end),
                    expected=format_like(number, right), quantity=cell.quantity, notes=(
                        f"{counted(len(self.rows), 'row')}: {values:,} values = {values * 4 / 1e6:.2f} MB = "
                        f"{values * 4 / 2**20:.2f} MiB. More: vggstat rule V502",
                    ),
                )  # fmt: skip
                return True
        return False

    def _size_or_count(self, cell: Cell, number: Number) -> None:
        report, batch = self.network.report, self.identity.batch
        params = self._sum(param_rules(self.table.family)[0]) or 0
        image = self.network.targets[0].values * batch * FLOAT32
        passing = self._pass_bytes()
        sizes: dict[str, tuple[int | None, str, str]] = {
            "param_bytes": (params * FLOAT32, "V211", "bytes of parameters in float32"),
            "input_bytes": (image, "V311", "bytes of the image in float32"),
            "pass_bytes": (passing, "V503", "bytes of outputs, forward and backward"),
            "total_bytes": (
                None if passing is None else params * FLOAT32 + image + passing,
                "V503",
                "bytes in all",
            ),
            "conv_layers": (report.conv_layers, "V704", "conv layers"),
            "fc_layers": (report.fc_layers, "V704", "FC layers"),
            "weight_layers": (report.weight_layers, "V704", "layers with weights"),
            "pool_layers": (sum(t.kind == "pool" for t in self.network.targets), "V704", "pooling layers"),
            "classes": (report.graph.classes, "V103", "classes"),
        }
        exact, code, words = sizes.get(cell.quantity, (None, "", ""))
        if cell.quantity == "saved_bytes":
            from vggstat.cost.accounting import find_accounting

            saved = find_accounting("saved")
            exact, code, words = report.memory_bytes(saved) * batch, "V503", "bytes kept for backward"
            loads = [Workload(batch=images, dtype=dtype) for images in (1, batch) for dtype in DTYPES]
            graphs = [report.graph, *_with_pool(report.graph)]
            others = (saved.total_bytes(graph, load) for graph in graphs for load in loads)
            if any(number.admits(count, scale) for count in others for scale in self._scales(number)):
                self.ledger.passed(cell, words)
                return
        if exact is None:
            self.ledger.skip(cell, f"nothing is known to compare {cell.quantity.replace('_', ' ')} with")
            return
        if cell.quantity == "total_bytes" and self.table.family == "torchinfo":
            # torchinfo adds the Python object of the image to the image: some dozens of bytes
            reached = any(
                number.admits(exact + more, scale)
                for more in range(8, 129, 8)
                for scale in self._scales(number)
            )
            exact += 64 if reached and not number.admits(exact, self._scales(number)[0]) else 0
        self._expect(cell, number, exact, code, words)

    def _pass_bytes(self) -> int | None:
        """Forward/backward pass size as the tool whose listing it is defines it; None for no such tool."""
        if self.table.gaps:
            return None
        if self.table.family == "torchsummary":
            values = sum(t.values for t in self.shown if t.kind != "input")
        elif self.table.family == "torchinfo":
            values = sum(t.values for t in self.targets if t.params)
        else:
            return None
        return 2 * FLOAT32 * values * self.identity.batch

    def _scales(self, number: Number) -> tuple[int, ...]:
        """The bases that the tool uses for MB."""
        if self.table.family in ("keras", "torchsummary"):
            return (number.unit.binary or number.unit.decimal,)
        if self.table.family == "torchinfo":
            return (number.unit.decimal,)
        return (number.unit.decimal, number.unit.binary or number.unit.decimal)

    def _expect(self, cell: Cell, number: Number, exact: int, code: str, words: str) -> None:
        scales = self._scales(number)
        if any(number.admits(exact, scale) for scale in scales):
            self.ledger.passed(cell, words)
            return
        self._fail(cell, number, exact, code, words, scales[0])

    def _wrong(self, cell: Cell, number: Number, exact: int, code: str, words: str, rule: Rule) -> None:
        self._fail(cell, number, exact, code, words, rule.scale(number))

    def _fail(self, cell: Cell, number: Number, exact: int, code: str, words: str, scale: int) -> None:
        if self.table.gaps or self.table.wrapped:
            self.ledger.skip(cell, "rows are left out, so the total may be of more than is shown")
            return
        slip = digit_slip(number.digits, str(exact)) if number.is_exact else ""
        ours = self._printed_sum(cell) if cell.quantity == "params" else None
        note = f"its printed rows add up to {ours:,}" if ours is not None and ours != exact else ""
        self.ledger.fail(
            code, clean(cell.flow), f"{exact:,} {words}, not {number.text.strip()}", span=(number.start, number.end),
            expected=format_like(number, exact, scale), quantity=cell.quantity, notes=(slip, note), fixable=True,
        )  # fmt: skip

    def _printed_sum(self, cell: Cell) -> int | None:
        counts = [obs.whole for obs in self.identity.observations if obs.params is not None]
        return sum(count for count in counts if count is not None) if counts and None not in counts else None

    def parts_of_total(self) -> None:
        """Trainable and other parameters: they add up to the total, and are those of some of the layers."""
        cells: dict[str, Cell] = {cell.quantity: cell for cell in self.table.totals}
        total = self._sum(param_rules(self.table.family)[0]) or 0
        if self.table.gaps or self.table.wrapped:
            judge_parts(cells, None, (), self.ledger)
            return
        judge_parts(cells, total, self._learned_parts(total), self.ledger)
        self._sizes_of_parts(cells)

    def _learned_parts(self, total: int) -> tuple[int, ...]:
        """What may be trainable: all, or the layers from some layer on."""
        learned = [target.params for target in self.targets]
        sums, left = [], sum(learned)
        for count in learned:
            sums.append(left)
            left -= count
        return (*dict.fromkeys(sums), 0, total)

    def _sizes_of_parts(self, cells: dict[str, Cell]) -> None:
        for size, count in (("trainable_bytes", "trainable_params"), ("frozen_bytes", "frozen_params")):
            if size in cells and count in cells:
                exact = _whole(cells[count])
                number = next((p for p in _numbers(cells[size])), None)
                if exact is not None and number is not None:
                    self._expect(cells[size], number, FLOAT32 * exact, "V211", "bytes")


def _join_errata(table: ClaimTable, judge: _Totals, ledger: Ledger) -> None:
    """The lecture's ``24M * 4 bytes ~= 93MB`` as one finding where both halves stand on one line."""
    found = [finding for finding in ledger.findings if finding.code == "V502"]
    cells = [
        cell for cell in table.totals if cell.quantity in ("values", "memory") and len(cell.flow.starts) == 1
    ]
    if len(found) != 2 or len(cells) != 2 or found[0].place.line != found[1].place.line:
        return
    line, first = cells[0].flow.origins[0]
    other, second = cells[1].flow.origins[0]
    if line is not other or second < first:
        return
    between = line.text[first + len(cells[0].flow) : second]
    values = sum(target.values for target in judge.rows)
    last = found[1].place
    ledger.findings = [finding for finding in ledger.findings if finding.code != "V502"]
    ledger.findings.append(
        found[0].replace(
            place=found[0].place._replace(end_column=last.end_column),
            text=line.text[first : second + len(cells[1].flow)],
            expected=f"{values / 1e6:.1f}M{between}{found[1].expected}",
        )
    )


def _with_pool(graph: Graph) -> tuple[Graph, ...]:
    """The same network with its adaptive pool, which listings leave out where it changes nothing."""
    from vggstat.errors import VggstatError
    from vggstat.graph.build import build_graph

    try:
        return (build_graph(graph.spec, image=graph.image, head="adaptive", classes=graph.classes),)
    except VggstatError:
        return ()


def _numbers(cell: Cell) -> list[Number]:
    return [part for part in claim_parts(clean(cell.flow).text, cell.unit) if isinstance(part, Number)]


def _whole(cell: Cell | None) -> int | None:
    numbers = _numbers(cell) if cell is not None else []
    return numbers[-1].whole if numbers else None


def judge_parts(cells: dict[str, Cell], total: int | None, learned: Sequence[int], ledger: Ledger) -> None:
    """``Trainable params`` and ``Non-trainable params`` against the total (the printed one, if None)."""
    trainable, frozen = cells.get("trainable_params"), cells.get("frozen_params")
    a, b = _whole(trainable), _whole(frozen)
    printed = _whole(cells.get("params"))
    goal = printed if total is None else total
    if goal is None or (a is None and b is None):
        for cell in (trainable, frozen):
            if cell is not None:
                ledger.skip(cell, "there is no total to compare it with")
        return
    if frozen is not None and b is None and a is not None:
        _blame(frozen, goal - a, ledger)
        return
    if trainable is not None and a is None and b is not None:
        _blame(trainable, goal - b, ledger)
        return
    if (
        a is not None
        and b is not None
        and a + b != goal
        and total is None
        and goal - b in learned
        and a not in learned
    ):
        _blame(trainable, goal - b, ledger)
        return
    if a is not None and b is not None and a + b != goal and total is None and printed is not None:
        _blame(frozen if a <= goal else trainable, goal - (a if a <= goal else b), ledger)
        return
    if a is not None and b is not None and a + b != goal:
        right_a = a in learned
        right_b = goal - b in learned
        if right_a and not right_b:
            _pass(trainable, ledger)
            _blame(frozen, goal - a, ledger)
        elif right_b and not right_a:
            _blame(trainable, goal - b, ledger)
            _pass(frozen, ledger)
        else:
            near = min(learned, key=lambda count: abs(count - a))
            _blame(trainable, near, ledger)
        return
    for cell, count in ((trainable, a), (frozen, None if b is None else goal - b)):
        if cell is None or count is None:
            continue
        if not learned or count in learned or (a is not None and b is not None):
            _pass(cell, ledger)
        else:
            near = min(learned, key=lambda known, count=count: abs(known - count))  # type: ignore[misc]
            _blame(cell, near if cell is trainable else goal - near, ledger)


def _pass(cell: Cell | None, ledger: Ledger) -> None:
    if cell is not None:
        ledger.passed(cell, "parameters")


def _blame(cell: Cell | None, exact: int, ledger: Ledger) -> None:
    numbers = _numbers(cell) if cell is not None else []
    if cell is None or not numbers:
        return
    ledger.fail(
        "V501", clean(cell.flow), f"{cell.label}: {exact:,}, not {numbers[-1].text}",
        span=(numbers[-1].start, numbers[-1].end), expected=format_like(numbers[-1], exact), quantity=cell.quantity,
        notes=(digit_slip(numbers[-1].digits, str(exact)), "trainable and other parameters add up to the total"),
        fixable=True,
    )  # fmt: skip


def judge_sums(table: ClaimTable, identity: Identity, ledger: Ledger) -> None:
    """The totals of a network that is not known: only whether they are the sums of the rows."""
    cells: dict[str, Cell] = {cell.quantity: cell for cell in table.totals}
    total = _whole(cells.get("params"))
    counts = [obs.whole for obs in identity.observations if obs.params is not None]
    shown = [obs for obs in identity.observations if obs.params is None and obs.kind in ("conv", "fc", "bn")]
    complete = bool(counts) and None not in counts and not shown and not table.gaps
    for cell in table.totals:
        if cell.quantity in ("trainable_params", "frozen_params", "trainable_bytes", "frozen_bytes"):
            continue
        if cell.quantity == "params" and complete and total is not None:
            exact = sum(count for count in counts if count is not None)
            if exact == total:
                ledger.passed(cell, "sum of the rows")
            elif blame_row(identity, total - exact, ledger):
                ledger.passed(cell, "sum of the rows as they should be")
            elif total:
                number = _numbers(cell)[-1]
                ledger.fail(
                    "V501", clean(cell.flow), f"the rows add up to {exact:,}, not to {number.text}",
                    span=(number.start, number.end), expected=format_like(number, exact), quantity="params",
                    notes=(digit_slip(number.digits, str(exact)), "either this total or one of the rows is wrong"),
                )  # fmt: skip
            continue
        if cell.quantity in ("param_bytes",) and total is not None:
            _judge_size(cell, total, table, ledger)
            continue
        ledger.skip(cell, "the network is not known")
    ends = [sum(count or 0 for count in counts[start:]) for start in range(len(counts))] if complete else []
    judge_parts(cells, None, ends, ledger)


def _judge_size(cell: Cell, params: int, table: ClaimTable, ledger: Ledger) -> None:
    numbers = _numbers(cell)
    if not numbers or table.family not in ("keras", "torchsummary", "torchinfo"):
        ledger.skip(cell, "the network is not known")
        return
    number = numbers[-1]
    scale = (
        number.unit.decimal if table.family == "torchinfo" else (number.unit.binary or number.unit.decimal)
    )
    if any(number.admits(width * params, scale) for width in (4, 2, 8)):
        ledger.passed(cell, "bytes of the parameters")
        return
    ledger.fail(
        "V211", clean(cell.flow), f"{params:,} parameters in float32 are {format_like(number, 4 * params, scale)}",
        span=(number.start, number.end), expected=format_like(number, 4 * params, scale), quantity="param_bytes",
        fixable=True,
    )  # fmt: skip
