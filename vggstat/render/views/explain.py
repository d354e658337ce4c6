"""What a number stands for, and how a layer's figures come about."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.derive import Derivation, Step
from vggstat.cost.facts import Fact, known
from vggstat.cost.items import IMAGE
from vggstat.cost.report import Report
from vggstat.cost.report import Row as LayerRow
from vggstat.lint.errata import Erratum
from vggstat.lint.explain import Explanation, Match
from vggstat.render.captions import UNITS_NOTE, graph_notes, spec_words, workload_words
from vggstat.render.not_counted import layers_words, why_words
from vggstat.render.page import Column, Page, Part, Row, Table, Text, row
from vggstat.render.report_data import SCHEMA, row_data, workload_data
from vggstat.units import grouped, mebi, mega, percent, quotient, signed
from vggstat.units.stated import Stated

MOST_LINES: Final = 10
"""How many figures are shown unless all are asked for."""

MAX_DEFINITIONS: Final = 6
"""How many matches are defined in words; a vague number has a dozen."""

FAMILIES: Final = ("operations under ", "activations, ", "values, ")
"""How the names of quantities begin that differ in the convention only."""

ONE_IMAGE: Final = ", one image"
"""How the names of figures end that are of one image of a larger batch."""

KINDS: Final = {"conv": "conv layers", "fc": "FC layers", "pool": "pools"}

FEW_WORDS: Final = 30
"""Characters of a convention that is said in the name."""

FAR: Final = Fraction(1)
"""How far, relative to it, a number with a meaning may be from a quantity to be mistaken for it: by a factor of 2."""

__all__ = ["derivation_page", "everywhere_page", "explanation_page", "fact_words"]


def explanation_page(explanation: Explanation, *, show_all: bool = False) -> Page:
    """The page of ``vggstat explain NUMBER SPEC``: ten figures that it may be, or ``show_all``."""
    report = explanation.report
    parts: list[Part] = []
    for erratum in explanation.errata:
        parts += _erratum_parts(explanation, erratum)
        if explanation.lecture:
            break
    if explanation.matches:
        parts.append(_matches_part(explanation, None if show_all else MOST_LINES))
    if not explanation.found:
        text = f"Nothing that vggstat knows of {report.name} gives {explanation.stated.text} at its own precision."
        parts.append(Text(lines=(text,)))
    nearest = _worth_naming(explanation)
    if nearest and not explanation.lecture:
        parts.append(_nearest_part(explanation, nearest))
    if explanation.lecture:
        parts.append(_tool_part(explanation))
        parts.append(_quote_part(explanation))
    return Page(
        title=f"{explanation.stated.text} · {spec_words(report.graph.spec)}",
        aside=workload_words(report.graph, report.workload),
        parts=tuple(parts),
        notes=(UNITS_NOTE, *graph_notes(report)),
        data=lambda: _explanation_data(explanation),
    )


def everywhere_page(text: str, found: Sequence[Explanation], *, show_all: bool = False) -> Page:
    """The page of ``vggstat explain NUMBER``: whole-network figures of all networks that ship.

    JSON: ``{"schema", "number", "found", "networks": [...]}``, each as that of one network.
    """
    lines = [
        (explanation.report, group)
        for explanation in found
        for group in _grouped(explanation.matches)
        if group[0].fact.is_plain or show_all
    ]
    shown = lines if show_all else lines[:MOST_LINES]
    columns = _figure_columns([group[0].fact for _, group in shown])
    parts: list[Part] = []
    if shown:
        parts.append(
            Table(
                title=f"{text} is, at its own precision",
                columns=(
                    Column(key="network"),
                    Column(key="quantity", header="quantity"),
                    *columns,
                    Column(key="off", header="off", align="right", priority=10),
                ),
                rows=tuple(
                    row(_name_words(report), *_match_row(group, columns, []).cells) for report, group in shown
                ),
                name="matches",
                main=True,
                indent=2,
            )
        )
    errata = [(explanation.report, erratum) for explanation in found for erratum in explanation.errata]
    for report, erratum in errata:
        parts.append(Text(lines=(f"{report.name}: {_erratum_words(erratum).lower()}: {erratum.title}.",)))
    left = sum(len(_grouped(explanation.matches)) for explanation in found) - len(shown)
    if not found:
        parts.append(Text(lines=(f"No whole-network figure of a network that ships reads as {text}.",)))
    elif left:
        parts.append(Text(lines=(f"{_count_words(left)}, under tools' rules among them: --all shows them.",)))
    return Page(
        title=f"{text} · all networks that ship",
        aside=workload_words(found[0].report.graph, found[0].report.workload) if found else "",
        parts=tuple(parts),
        notes=(UNITS_NOTE, "Of one of them, with its layers and blocks: vggstat explain NUMBER SPEC"),
        data=lambda: {
            "schema": SCHEMA,
            "number": text,
            "found": bool(found),
            "networks": [_explanation_data(explanation) for explanation in found],
        },
    )


def _name_words(report: Report) -> str:
    title = report.graph.spec.title
    return report.name if title == report.name else f"{report.name} ({title})"


def _erratum_words(erratum: Erratum) -> str:
    return (
        "A known error in circulation"
        if erratum.is_error
        else "A known figure of another form of the network"
    )


def _erratum_parts(explanation: Explanation, erratum: Erratum) -> list[Part]:
    if not explanation.lecture:
        lines = [
            f"{_erratum_words(erratum)}: {erratum.title}.",
            f"{erratum.story}.",
            f"{'Right' if erratum.is_error else 'Here'}: {erratum.right}.",
            f"Seen in: {erratum.source}.",
        ]
        return [Text(lines=tuple(lines))]
    report = explanation.of_one_image
    size = known(report, "memory:outputs")
    story = (
        f"The rows of that table are right, but they add up to {grouped(known(report, 'values:outputs'))} values = "
        f"{mega(size)} MB ({mebi(size)} MiB), not to 24M. How 24M came about was never "
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
    claimed = 96_000_000 if not explanation.stated.scale.endswith("B") else int(explanation.stated.exact)
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


def _unit(fact: Fact) -> str:
    """What the exact figure is of."""
    if fact.whole:
        return f"of {grouped(fact.whole)}"
    return "B" if fact.is_bytes else ""


def _reading(match: Match, stated: Stated) -> str:
    """The quantity's size in the unit in which the number gives it."""
    fact = match.fact
    if fact.whole:
        return percent(fact.exact, fact.whole, 2)
    if fact.is_bytes:
        binary = match.binary or stated.scale.endswith("iB")
        return f"{mebi(fact.exact)} MiB" if binary else f"{mega(fact.exact)} MB"
    return "in units of 1024" if match.binary else ""


def _figure_columns(found: list[Fact]) -> tuple[Column, ...]:
    """What the quantities are exactly, with a unit where any has one."""
    exact = Column(key="exact", header="exactly", align="right")
    return (exact, Column(key="unit", gap=1, label="unit")) if any(map(_unit, found)) else (exact,)


def _figure_cells(fact: Fact, columns: tuple[Column, ...]) -> tuple[Any, ...]:
    return (fact.exact, _unit(fact))[: len(columns)]


def _matches_part(explanation: Explanation, most: int | None) -> Table:
    groups = _grouped(explanation.matches)
    shown = groups[:most]
    left = len(groups) - len(shown)
    readings = [_reading(group[0], explanation.stated) for group in shown]
    figures = _figure_columns([group[0].fact for group in shown])
    return Table(
        title=f"{explanation.stated.text} is, at its own precision",
        columns=(
            Column(key="quantity", header="quantity"),
            *figures,
            *((Column(key="reads", header="reads", align="right"),) if any(readings) else ()),
            Column(key="off", header="off", align="right", priority=10),
        ),
        rows=tuple(
            _match_row(group, figures, [reading] if any(readings) else [])
            for group, reading in zip(shown, readings, strict=True)
        ),
        notes=(
            *((f"  {_count_words(left)} besides: --all shows them.",) if left else ()),
            *_definitions(explanation.matches[:MAX_DEFINITIONS]),
        ),
        name="matches",
        main=True,
        indent=2,
    )


def _grouped(matches: Sequence[Match]) -> list[list[Match]]:
    """Those that come to one figure together."""
    groups: dict[tuple[int, bool, bool], list[Match]] = {}
    for match in matches:
        fact = match.fact
        groups.setdefault((fact.exact, fact.is_bytes, match.binary), []).append(match)
    return list(groups.values())


def _count_words(left: int) -> str:
    return "1 figure more" if left == 1 else f"{left} figures more"


def _definitions(matches: Sequence[Match]) -> list[str]:
    """How each is counted, and the sum that it is where it is one."""
    lines = []
    for match in matches:
        fact = match.fact
        words = "; ".join(filter(None, (fact.convention, fact.derivation and f"= {fact.derivation}")))
        if words:
            lines.append(f"  {fact_words(fact)}: {words}")
    return lines


def _match_row(group: list[Match], figures: tuple[Column, ...], reading: list[str]) -> Row:
    """The quantities that come to one figure, in one row."""
    cells = _figure_cells(group[0].fact, figures)
    return row(_names(group), *cells, *reading, _percent_off(group[0].off))


def fact_words(fact: Fact) -> str:
    """What a fact is of: ``weights of block1_conv1``, ``block5's share of the MACs``, ``parameters of all but the FC layers``."""
    kind, name = fact.scope
    if fact.family == "share" and name:
        return f"{name}'s {fact.quantity}"
    scopes = {
        "network": "",
        "image": ONE_IMAGE,
        "trunk": " of all but the FC layers",
        "head": " of the FC layers",
        "kind": f" of all {KINDS.get(name, name)}",
    }
    return fact.quantity + scopes.get(kind, f" of {name}")


def _names(group: list[Match]) -> str:
    """The quantities that come to one figure: ``operations under macs+bias, torchinfo``."""
    words = [fact_words(match.fact) for match in group]
    end = ONE_IMAGE if all(word.endswith(ONE_IMAGE) for word in words) else ""
    first, *others = [word.removesuffix(end) for word in words]
    starts = (*FAMILIES, f"{group[0].fact.quantity} of ")
    start = next((start for start in starts if first.startswith(start)), "")
    return ", ".join([first, *(name.removeprefix(start) for name in others)]) + end


def _nearest_part(explanation: Explanation, nearest: tuple[Match, ...]) -> Table:
    figures = _figure_columns([match.fact for match in nearest])
    return Table(
        title="nearest besides" if explanation.found else "nearest",
        columns=(
            Column(key="quantity"),
            *figures,
            Column(key="off", header="off", align="right"),
        ),
        rows=tuple(
            row(_full_name(match.fact), *_figure_cells(match.fact, figures), _percent_off(match.off))
            for match in nearest
        ),
        name="nearest",
        indent=2,
    )


def _worth_naming(explanation: Explanation) -> tuple[Match, ...]:
    """The nearest quantities; where the number has a meaning, only those that it could be mistaken for."""
    if not explanation.found:
        return explanation.nearest
    return tuple(match for match in explanation.nearest if -FAR / (1 + FAR) <= match.off <= FAR)


def _full_name(fact: Fact) -> str:
    """The quantity's name, with its convention where that is a few words: of float32 or of bfloat16."""
    convention = fact.convention
    return f"{fact_words(fact)}, {convention}" if 0 < len(convention) <= FEW_WORDS else fact_words(fact)


def _tool_part(explanation: Explanation) -> Text:
    report = explanation.of_one_image
    size = known(report, "memory:torchinfo")
    off = _percent_off(Fraction(size, 96_000_000) - 1)
    text = f'Nearest of another tool: torchinfo\'s "Forward/backward pass size", {mega(size)} MB ({off} of 96 MB).'
    return Text(lines=(text,))


def _quote_part(explanation: Explanation) -> Table:
    report = explanation.of_one_image
    times = quotient(known(report, "memory:saved"), known(report, "memory:outputs"), 1)
    texts = {
        "outputs": "forward, each map once",
        "inference-peak": "alive at once in inference, without the weights",
        "saved": f'kept for the backward pass: {times} times outputs, not "~*2"',
    }
    sizes = {name: known(report, f"memory:{name}") for name in texts}
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
    fact = match.fact
    return {
        "quantity": fact_words(fact),
        "scope": fact.scope._asdict(),
        "family": fact.family,
        "convention": fact.convention,
        "exact": fact.exact,
        "of": fact.whole,
        "derivation": fact.derivation or None,
        "unit": "B" if fact.is_bytes else None,
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
        rows=tuple(_step_row(step) for step in derivation.steps),
        name="derivation",
        main=True,
    )
    notes = (
        "MACs: multiply-accumulates; every output value of a conv costs one per weight of its filter.",
        *_not_counted(derivation),
    )
    return Page(
        title=f"{line.name} · {line.label or _input_words(line)} of {report.name}{torch_name}",
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


def _not_counted(derivation: Derivation) -> tuple[str, ...]:
    """Where a layer stands whose work is not known, and why."""
    if derivation.row.macs is not None:
        return ()
    found = derivation.report.counted(COUNTING_RULES[0]).not_counted
    left = [one for one in found if one.name == derivation.row.name]
    why = why_words((reason for one in left for reason in one.why), ())
    return (f"Not counted in MACs: {layers_words(derivation.report.graph, left)}. {why}",)


def _input_words(line: LayerRow) -> str:
    return "the image" if line.name == IMAGE else "an input"


def _step_row(step: Step) -> Row:
    """One line on the blackboard; a step without a value says so in words alone."""
    equals, value = ("", "") if step.value is None else ("=", step.value)
    return row(step.quantity, step.expression, equals, value, step.unit, step.rule)
