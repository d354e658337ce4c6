"""A network against a baseline: what may grow by how much, what did, and by which layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from vggstat.cost.budget import Budget, BudgetLine, Growth, Setting, Verdict
from vggstat.cost.compare import Figure
from vggstat.render.figures import map_text
from vggstat.render.page import NOTHING, RULE, Column, Named, Page, Part, Row, Table, Text
from vggstat.render.report_data import SCHEMA, row_data
from vggstat.render.views.compare import FIGURES, SIGNS, network_data, network_names, runs_words
from vggstat.shapes import Shape
from vggstat.units import grouped, quotient, signed

__all__ = ["budget_data", "budget_page"]

MOST: Final = 10
"""Layers that are shown; JSON has all of them."""

MOST_NAMES: Final = 3
"""Layers that are named where a figure is not known."""

WORDS: Final[dict[Verdict, str]] = {
    "within": "within",
    "shrunk": "shrunk",
    "grown": "OVER",
    "unknown": "NOT KNOWN",
    "other workload": "OTHER WORKLOAD",
}
MARKS: Final[dict[Verdict, str]] = {
    "within": "✓",
    "shrunk": "✓",
    "grown": "✗",
    "unknown": "?",
    "other workload": "?",
}


def budget_page(budget: Budget, operands: tuple[str, str], renewal: str = "") -> Page:
    """The page of ``vggstat compare BASELINE NOW --fail-over``. ``operands`` are the two as they were given, and
    ``renewal`` is the command that makes the second the baseline.

    JSON: ``{"schema": 1, "specs": [baseline, now], "passed": false, "budget": [{"quantity", "fact", "unit", "baseline",
    "now", "growth", "limit", "allowed", "verdict", "not_counted": {"baseline", "now"}}], "settings": [{"name",
    "baseline", "now"}], "same": false, "layers": [{"block", "change", "baseline", "now", "difference"}]}``.
    """
    names = network_names(budget.comparison.networks)
    baseline, now = budget.comparison.networks
    parts: list[Part] = [_quantities(budget), Text(lines=tuple(_sentences(budget, renewal)))]
    if not budget.settings:
        parts += _layers(budget, operands)
    return Page(
        title=f"{now.name} against the baseline {operands[0] if baseline.origin else names[0]}",
        aside=" | ".join(runs_words(budget.comparison.networks, ("baseline", "now"))),
        parts=tuple(parts),
        notes=(
            "A limit is the most that a quantity may grow over the baseline; what is not known is over any limit.",
        ),
        data=lambda: budget_data(budget),
    )


# quantities ---------------------------------------------------------------------------------------------------


def _quantities(budget: Budget) -> Table:
    columns = (
        Column(key="quantity", header="quantity"),
        Column(key="baseline", header="baseline", align="right"),
        Column(key="now", header="now", align="right"),
        Column(key="growth", header="growth", align="right", text=signed, priority=15),
        Column(key="growth_percent", header="growth, %", align="right", priority=5),
        Column(key="limit", header="limit", align="right"),
        Column(key="most", header="at most", align="right", priority=20),
        Column(key="verdict", header="verdict"),
    )
    return Table(columns=columns, rows=tuple(map(_quantity_row, budget.lines)), name="budget", main=True)


def _quantity_row(line: BudgetLine) -> Row:
    unit = f", {line.limit.unit}" if line.limit.unit else ""
    return Row(
        cells=(
            f"{line.limit.name}{unit}",
            line.baseline,
            line.now,
            line.growth,
            _percent(line),
            f"+{line.limit.written}" if line.limit.numerator else "0",
            _most(line),
            WORDS[line.verdict],
        ),
        sign=MARKS[line.verdict],
    )


def _percent(line: BudgetLine) -> Named | None:
    """The growth in percent of the baseline; None where there is no telling."""
    baseline = line.baseline
    if line.growth is None or not baseline:
        return None
    text = signed(line.growth, lambda size: quotient(100 * size, baseline, 2))
    return Named(value=text.replace("−", "-").replace(",", ""), text=text)


def _most(line: BudgetLine) -> int | None:
    """The largest figure that is within the limit."""
    return None if line.baseline is None or line.allowed is None else line.baseline + line.allowed


# sentences ----------------------------------------------------------------------------------------------------


def _sentences(budget: Budget, renewal: str) -> list[str]:
    """The verdict on the whole, why, and what to do."""
    failing = budget.failing
    count = _counted(len(budget.lines), "quantity", "quantities")
    renew = [f"If that is meant to be so, save a new baseline: {renewal}"] if renewal else []
    if budget.settings:
        differs = "; ".join(map(_setting_words, budget.settings))
        options = _options(budget)
        alike = f" To run it as the baseline was:{options}" if options else ""
        return [f"Failed: growth cannot be told, since the two were not run alike: {differs}.{alike}", *renew]
    if not failing:
        return [f"Passed: {count} within {'its limit' if len(budget.lines) == 1 else 'their limits'}."]
    reasons = [text for line in failing for text in _reasons(line)]
    return [f"Failed: {len(failing)} of {count}.", *reasons, *renew]


def _reasons(line: BudgetLine) -> list[str]:
    """Why a quantity fails."""
    if line.growth is not None and line.allowed is not None:
        over, unit = line.growth - line.allowed, f" {line.limit.unit}" if line.limit.unit else ""
        return [f"{line.limit.name}: {grouped(over)}{unit} over the limit."]
    return [
        f"{line.limit.name}: not known of {whose}{_names(names)}."
        for whose, figure, names in zip(
            ("the baseline", "what there is now"), (line.baseline, line.now), line.not_counted, strict=True
        )
        if figure is None
    ]


def _names(names: Sequence[str]) -> str:
    """``; the work of a, b, c and 4 more layers is not counted``; nothing where none are named."""
    if not names:
        return ""
    rest = len(names) - MOST_NAMES
    more = f" and {_counted(rest, 'more layer', 'more layers')}" if rest > 0 else ""
    return f"; the work of {', '.join(names[:MOST_NAMES])}{more} is not counted"


def _setting_words(setting: Setting) -> str:
    text = TEXTS.get(setting.name, str)
    one, other = (NOTHING if value is None else text(value) for value in (setting.baseline, setting.now))
    return f"{setting.name} {one} in the baseline, {other} now"


def _inputs_text(inputs: tuple[tuple[str, Shape], ...]) -> str:
    return " and ".join(f"{name} {map_text(shape)}" for name, shape in inputs) or "none"


TEXTS: Final[dict[str, Callable[[Any], str]]] = {"input": map_text, "further inputs": _inputs_text}


def _options(budget: Budget) -> str:
    """The options that give the network of now what the baseline has; empty where there are none for something."""
    if budget.comparison.networks[1].origin:  # saved: it stays as it is
        return ""
    if any(setting.baseline is None or setting.name == "further inputs" for setting in budget.settings):
        return ""
    return "".join(f" --{setting.name} {_option(setting.baseline)}" for setting in budget.settings)


def _option(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _counted(count: int, word: str, words: str) -> str:
    return f"{count:,} {word if count == 1 else words}"


# layers -------------------------------------------------------------------------------------------------------


def _layers(budget: Budget, operands: tuple[str, str]) -> list[Part]:
    """The layers that differ, those that grew most first."""
    growths = budget.growths
    if not growths:
        words = "The layers are the same, on the same maps."
        if not budget.comparison.same:
            words = "The rows are the same, but other layers stand between them (ReLU, dropout)."
        return [Text(lines=(words,))]
    columns = (
        Column(key="layer", header="layer"),
        Column(key="what", header="what it is"),
        Column(key="output", header=("output", "h × w × c"), align="right", priority=20),
        *(
            Column(key=key, header=header, align="right", text=signed, priority=10 * (key == "output_values"))
            for key, header in FIGURES
        ),
    )
    rest = growths[MOST:]
    rows = [_growth_row(growth) for growth in growths[:MOST]]
    if rest:
        rows.append(Row(cells=(f"and {len(rest):,} more", "", "", *_sums(budget, rest)), kind="note"))
    total = f"{_counted(len(growths), 'layer differs', 'layers differ')}"
    rows += [RULE, Row(cells=(total, "", "", *_sums(budget, growths)), kind="total")]
    parts: list[Part] = [
        Table(title="Layers, those that grew most first", columns=columns, rows=tuple(rows), name="layers")
    ]
    if rest:
        parts.append(
            Text(lines=(f"All of them: vggstat compare {operands[0]} {operands[1]} --only-differences",))
        )
    return parts


def _growth_row(growth: Growth) -> Row:
    before, now = growth.slot.rows
    shown = now or before
    assert shown is not None
    return Row(
        cells=(
            shown.name,
            _both(growth, lambda row: row.label or "input"),
            _both(growth, lambda row: map_text(row.output_shape)),
            growth.params,
            growth.macs,
            growth.output_values,
        ),
        sign=SIGNS[growth.slot.change],
    )


def _both(growth: Growth, text: Callable[[Any], str]) -> str:
    """What the rows of both say: once where it is the same, else with an arrow."""
    return " → ".join(dict.fromkeys(text(row) for row in growth.slot.rows if row is not None))


def _sums(budget: Budget, growths: Sequence[Growth]) -> list[int | None]:
    slots = [growth.slot for growth in growths]
    return [budget.comparison.sum_of_differences(slots, figure) for figure, _ in FIGURES]


# data ---------------------------------------------------------------------------------------------------------


def budget_data(budget: Budget) -> dict[str, Any]:
    """The budget as plain data; see ``budget_page``."""
    networks = budget.comparison.networks
    return {
        "schema": SCHEMA,
        "specs": [network_data(*pair) for pair in zip(networks, network_names(networks), strict=True)],
        "passed": not budget.failing,
        "budget": list(map(_line_data, budget.lines)),
        "settings": [setting._asdict() for setting in budget.settings],
        "same": budget.comparison.same,
        "layers": list(map(_growth_data, budget.growths)),
    }


def _line_data(line: BudgetLine) -> dict[str, Any]:
    return {
        "quantity": line.limit.name,
        "fact": line.limit.key,
        "unit": line.limit.unit or None,
        "baseline": line.baseline,
        "now": line.now,
        "growth": line.growth,
        "limit": line.limit.written,
        "allowed": line.allowed,
        "verdict": line.verdict,
        "not_counted": {
            "baseline": list(line.not_counted[0]),
            "now": list(line.not_counted[1]),
        },
    }


def _growth_data(growth: Growth) -> dict[str, Any]:
    before, now = (None if row is None else row_data(row) for row in growth.slot.rows)
    figures: tuple[Figure, ...] = tuple(key for key, _ in FIGURES)
    return {
        "block": growth.slot.block,
        "change": growth.slot.change,
        "baseline": before,
        "now": now,
        "difference": {figure: getattr(growth, figure) for figure in figures},
    }
