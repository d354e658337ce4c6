"""What a number stands for, and how a layer's figures come about."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from vggstat.claims.derive import Derivation
from vggstat.claims.errata import Erratum
from vggstat.claims.explain import Explanation, Match
from vggstat.claims.quantities import Quantity
from vggstat.cost.accounting import find_accounting
from vggstat.present.captions import UNITS_NOTE, head_note, spec_words, workload_words
from vggstat.present.page import Column, Page, Part, Table, Text, row
from vggstat.present.report_data import SCHEMA, row_data, workload_data
from vggstat.units import grouped, mebi, mega, percent, quotient, signed

MAX_DEFINITIONS: Final = 6
"""How many matches are defined in words; a vague number has a dozen."""

__all__ = ["derivation_page", "explanation_page"]


def explanation_page(explanation: Explanation) -> Page:
    """The page of ``vggstat explain NUMBER SPEC``."""
    report = explanation.report
    parts: list[Part] = []
    for erratum in explanation.errata:
        parts += _erratum_parts(explanation, erratum)
        if explanation.lecture:
            break
    if explanation.matches:
        parts.append(_matches_part(explanation))
    if not explanation.found:
        text = f"Nothing that vggstat knows of {report.name} gives {explanation.stated.text} at its own precision."
        parts.append(Text(lines=(text,)))
    if explanation.nearest and not explanation.lecture:
        parts.append(_nearest_part(explanation))
    if explanation.lecture:
        parts.append(_tool_part(explanation))
        parts.append(_quote_part(explanation))
    return Page(
        title=f"{explanation.stated.text} · {spec_words(report.graph.spec)}",
        aside=workload_words(report.graph, report.workload),
        parts=tuple(parts),
        notes=(UNITS_NOTE, head_note(report.graph)),
        data=lambda: _explanation_data(explanation),
    )


def _erratum_parts(explanation: Explanation, erratum: Erratum) -> list[Part]:
    if not explanation.lecture:
        lines = [
            f"A known error in circulation: {erratum.title}.",
            f"{erratum.story}.",
            f"Right: {erratum.right}.",
            f"Seen in: {erratum.source}.",
        ]
        return [Text(lines=tuple(lines))]
    report = explanation.report
    total = report.total
    story = (
        f"The rows of that table are right, but they add up to {grouped(total.output_values)} values = "
        f"{mega(total.output_bytes)} MB ({mebi(total.output_bytes)} MiB), not to 24M. How 24M came about was never "
        "published. Three sums read as 24M, and in MiB as the 93MB of older copies:"
    )
    return [
        Text(lines=("This is " + erratum.title + ":",)),
        Text(lines=(erratum.story,), indent=2),
        Text(lines=(story,)),
        _lecture_table(explanation),
        Text(
            lines=(
                "Likeliest is 1: those are the only rows without K or M. 2 counts most maps twice. 3 is another "
                "network.",
            )
        ),
    ]


def _lecture_table(explanation: Explanation) -> Table:
    # "24M" says how many values, and the lecture makes 96 MB of them: that is what the sums are held against.
    claimed = 96_000_000 if not explanation.stated.scale.endswith("B") else int(explanation.stated.value)
    return Table(
        columns=(
            Column(key="number", align="right"),
            Column(key="sum"),
            Column(key="values", header="values", align="right"),
            Column(key="mb", header="MB", align="right"),
            Column(key="mib", header="MiB", align="right"),
            Column(key="off", header=f"off {mega(claimed, 0)}", align="right", priority=10),
        ),
        rows=tuple(
            row(
                number,
                entry.text,
                entry.values,
                mega(entry.bytes),
                mebi(entry.bytes),
                _percent_off(Fraction(entry.bytes, claimed) - 1),
            )
            for number, entry in enumerate(explanation.lecture, start=1)
        ),
        name="candidates",
        main=True,
    )


def _percent_off(off: Fraction) -> str:
    """A relative distance in percent with its sign; in parts per million where percents would show nothing."""
    tenths = signed(_rounded(off * 1000), lambda size: quotient(size, 10, 1))
    if off and tenths == "0.0":
        return f"{signed(_rounded(off * 10**6))} ppm"
    return f"{tenths} %"


def _rounded(value: Fraction) -> int:
    """The nearest integer, halves away from zero."""
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -size if value < 0 else size


def _exact_text(quantity: Quantity) -> str:
    if quantity.whole:
        return f"{percent(quantity.exact, quantity.whole, 2)} ({grouped(quantity.exact)} of {grouped(quantity.whole)})"
    if quantity.is_bytes:
        return f"{grouped(quantity.exact)} B"
    return grouped(quantity.exact)


def _reading(match: Match) -> str:
    """The quantity's size in the unit in which the number gives it."""
    quantity = match.quantity
    if quantity.is_bytes:
        return f"{mebi(quantity.exact)} MiB" if match.binary else f"{mega(quantity.exact)} MB"
    return "in units of 1024" if match.binary else ""


def _matches_part(explanation: Explanation) -> Table:
    groups: dict[tuple[int, bool, bool], list[Match]] = {}
    for match in explanation.matches:
        quantity = match.quantity
        groups.setdefault((quantity.exact, quantity.is_bytes, match.binary), []).append(match)
    return Table(
        title=f"{explanation.stated.text} is, at its own precision",
        columns=(
            Column(key="quantity", header="quantity"),
            Column(key="exact", header="exactly", align="right"),
            Column(key="reads", header="reads", align="right"),
            Column(key="off", header="off", align="right", priority=10),
        ),
        rows=tuple(
            row(_names(group), _exact_text(group[0].quantity), _reading(group[0]), _percent_off(group[0].off))
            for group in groups.values()
        ),
        notes=tuple(
            f"  {match.quantity.what}: {match.quantity.convention}"
            for match in explanation.matches[:MAX_DEFINITIONS]
            if match.quantity.convention
        ),
        name="matches",
        main=True,
        indent=2,
    )


def _names(group: list[Match]) -> str:
    """The quantities that come to one figure: ``operations under macs+bias, torchinfo``."""
    first, *others = [match.quantity.what for match in group]
    start = "operations under "
    return ", ".join(
        [first, *(name.removeprefix(start) if first.startswith(start) else name for name in others)]
    )


def _nearest_part(explanation: Explanation) -> Table:
    return Table(
        title="nearest besides" if explanation.found else "nearest",
        columns=(
            Column(key="quantity"),
            Column(key="exact", header="exactly", align="right"),
            Column(key="off", header="off", align="right"),
        ),
        rows=tuple(
            row(match.quantity.what, _exact_text(match.quantity), _percent_off(match.off))
            for match in explanation.nearest
        ),
        name="nearest",
        indent=2,
    )


def _tool_part(explanation: Explanation) -> Text:
    report = explanation.report
    size = report.memory_bytes(find_accounting("torchinfo"))
    off = _percent_off(Fraction(size, 96_000_000) - 1)
    text = f'Nearest of another tool: torchinfo\'s "Forward/backward pass size", {mega(size)} MB ({off} of 96 MB).'
    return Text(lines=(text,))


def _quote_part(explanation: Explanation) -> Table:
    report = explanation.report
    saved = report.memory_bytes(find_accounting("saved"))
    times = quotient(saved, report.total.output_bytes, 1)
    texts = {
        "outputs": "forward, each map once",
        "inference-peak": "alive at once in inference, without the weights",
        "saved": f'kept for the backward pass: {times} times outputs, not "~*2"',
    }
    sizes = {name: report.memory_bytes(find_accounting(name)) for name in texts}
    return Table(
        title="what to quote, for one image in float32",
        columns=(
            Column(key="accounting"),
            Column(key="counts"),
            Column(key="mb", header="MB", align="right"),
            Column(key="mib", header="MiB", align="right"),
        ),
        rows=tuple(row(name, text, mega(sizes[name]), mebi(sizes[name])) for name, text in texts.items()),
        name="quote",
        indent=2,
    )


def _explanation_data(explanation: Explanation) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "number": explanation.stated.text,
        "spec": explanation.report.name,
        "workload": workload_data(explanation.report),
        "found": explanation.found,
        "errata": [
            {
                "name": entry.name,
                "title": entry.title,
                "story": entry.story,
                "right": entry.right,
                "source": entry.source,
            }
            for entry in explanation.errata
        ],
        "lecture": [
            {"text": entry.text, "values": entry.values, "bytes": entry.bytes}
            for entry in explanation.lecture
        ],
        "matches": [_match_data(match) for match in explanation.matches],
        "nearest": [_match_data(match) for match in explanation.nearest],
    }


def _match_data(match: Match) -> dict[str, Any]:
    quantity = match.quantity
    return {
        "quantity": quantity.what,
        "family": quantity.family,
        "convention": quantity.convention,
        "exact": quantity.exact,
        "of": quantity.whole,
        "unit": "B" if quantity.is_bytes else None,
        "binary": match.binary,
        "off": float(match.off),
    }


def derivation_page(derivation: Derivation) -> Page:
    """The page of ``vggstat explain SPEC LAYER``."""
    report, line = derivation.report, derivation.row
    torch_name = f" ({line.torch_name} in torch)" if line.torch_name else ""
    table = Table(
        columns=(
            Column(key="quantity", header="quantity"),
            Column(key="expression", header="with numbers", align="right"),
            Column(key="equals"),
            Column(key="value", header="result", align="right"),
            Column(key="unit", header=""),
            Column(key="rule", header="rule", priority=20),
        ),
        rows=tuple(
            row(step.quantity, step.expression, "" if step.value is None else "=",
                "" if step.value is None else step.value, step.unit, step.rule)
            for step in derivation.steps
        ),
        name="derivation",
        main=True,
    )  # fmt: skip
    notes = ("MACs: multiply-accumulates; every output value of a conv costs one per weight of its filter.",)
    return Page(
        title=f"{line.name} · {line.label or 'the image'} of {report.name}{torch_name}",
        aside=workload_words(report.graph, report.workload),
        parts=(table,),
        notes=notes,
        data=lambda: {
            "schema": SCHEMA,
            "spec": report.name,
            "workload": workload_data(report),
            "row": row_data(line),
            "steps": [
                {
                    "quantity": step.quantity,
                    "rule": step.rule,
                    "expression": step.expression,
                    "value": step.value,
                    "unit": step.unit or None,
                }
                for step in derivation.steps
            ],
        },
    )
