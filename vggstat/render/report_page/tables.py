"""The tables of the report page whose cells follow the switches.

Each such cell names its figure (``data-fig``); its network and its row are named on it or on what it stands in.
The text is that of the convention the page opens with, so that the page reads without its script too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from vggstat.cost.facts import exact
from vggstat.cost.report import Report
from vggstat.cost.report import Row as Layer
from vggstat.render.columns import NO_FIELD
from vggstat.render.figures import UNKNOWN, count_or_dash, field_text, map_text, size_words
from vggstat.render.not_counted import counted_of
from vggstat.render.page import NOTHING
from vggstat.render.report_page.figures import Network
from vggstat.render.report_page.markup import escaped
from vggstat.render.report_page.words import accounting_definitions, rule_definitions
from vggstat.units import grouped, mega

__all__ = ["accounting_table", "layer_table", "overview_table", "published_table", "rule_table"]

OPS: Final = '<span data-word="ops">MACs</span>'
UNIT: Final = '<span data-word="unit">MB</span>'
BIAS: Final = '<span data-word="bias">with biases</span>'


MINOR: Final = '<td class="minor"></td>'


class Head(NamedTuple):
    """A column's heading (HTML), whether its cells are figures, and whether a narrow screen leaves it out."""

    html: str
    figures: bool = True
    minor: bool = False


LAYER_HEADS: Final = (
    Head("#", minor=True),
    Head("name", figures=False),
    Head("layer", figures=False, minor=True),
    Head("kind", figures=False, minor=True),
    Head("output, h × w × c"),
    Head("receptive field, px", minor=True),
    Head(f"parameters, {BIAS}"),
    Head(OPS),
    Head("output values"),
    Head(f"output, {UNIT}"),
)

OVERVIEW_HEADS: Final = (
    Head("network", figures=False),
    Head("input, h × w × c"),
    Head("weight layers"),
    Head(f"parameters, {BIAS}"),
    Head(f"parameters with biases, {UNIT}"),
    Head(f"{OPS}, forward"),
    Head("FLOPs, training step"),
    Head(f"each map once, {UNIT}"),
    Head(f"kept for backward, {UNIT}"),
    Head(f"alive at once in inference, {UNIT}"),
    Head(f"peak of a training step, {UNIT}"),
)

OVERVIEW_MEMORY: Final = ("outputs", "saved", "inference-peak", "training-peak")


def overview_table(networks: tuple[Network, ...]) -> str:
    """A row a network, with its totals."""
    rows = []
    for number, one in enumerate(networks):
        report = one.report
        memory = "".join(
            _figure(key, _size(report, key)) for key in (f"memory:{name}" for name in OVERVIEW_MEMORY)
        )
        rows.append(
            f'<tr data-spec="{number}"><th scope="row"><a href="#net-{number}">{escaped(one.name)}</a></th>'
            + _figure("image", map_text(report.graph.image))
            + f'<td class="n">{exact(report, "weight_layers")}</td>'
            + _figure("params", _count(report, "params"))
            + _figure("param_bytes", _size(report, "param_bytes"))
            + _figure("ops", _count(report, "operations:macs"))
            + _figure("training_flops", _count(report, "training_flops"))
            + memory
            + "</tr>"
        )
    return _table("totals", "All layers together", OVERVIEW_HEADS, rows)


def layer_table(number: int, one: Network) -> str:
    """A row a layer, and the totals under them."""
    known = {row.name: row for row in one.report.rows}
    rows = [_layer_row(layer, known.get(layer["name"])) for layer in one.layers]
    report = one.report
    foot = (
        '<tr><td class="minor"></td><th scope="row">all layers</th>'
        + MINOR * 2
        + "<td></td>"
        + MINOR
        + _figure("params", _count(report, "params"))
        + _figure("ops", _count(report, "operations:macs"))
        + _figure("values", _count(report, "values:outputs"))
        + _figure("bytes", _size(report, "memory:outputs"))
        + "</tr>"
    )
    caption = f"{escaped(one.name)}, layer by layer"
    return _table(f"layers-{number}", caption, LAYER_HEADS, rows, spec=number, foot=foot, filtered=True)


def _layer_row(layer: dict[str, Any], row: Layer | None) -> str:
    hidden = " hidden" if row is None else ""
    name, kind = escaped(layer["name"]), escaped(layer["kind"])
    keys = ("output", "field", "params", "ops", "values", "bytes")
    cells = "".join(_figure(key, _layer_text(key, row)) for key in keys)
    return (
        f'<tr data-row="{name}" data-kind="{kind}"{hidden}><td class="n minor">{layer["number"] or ""}</td>'
        f'<th scope="row">{name}</th><td class="minor">{escaped(layer["label"])}</td>'
        f'<td class="minor">{kind}</td>{cells}</tr>'
    )


def _layer_text(key: str, row: Layer | None) -> str:
    if row is None:
        return ""
    field = "all" if row.sees_all else field_text(row.receptive_field) if row.receptive_field else UNKNOWN
    texts: dict[str, Callable[[], str]] = {
        "output": lambda: map_text(row.output_shape),
        "field": lambda: "" if row.kind in NO_FIELD else field,
        "params": lambda: count_or_dash(row.params),
        "ops": lambda: UNKNOWN if row.macs is None else count_or_dash(row.macs),
        "values": lambda: count_or_dash(row.output_values),
        "bytes": lambda: mega(row.output_bytes),
    }
    return texts[key]()


def accounting_table(networks: tuple[Network, ...]) -> str:
    """A row an accounting of memory, a column a network, with the definition."""
    rows = [
        f'<tr><th scope="row"><code>{escaped(name)}</code></th>'
        + "".join(
            _figure(f"memory:{name}", _size(one.report, f"memory:{name}"), number)
            for number, one in enumerate(networks)
        )
        + f'<td class="prose">{escaped(text)}</td></tr>'
        for name, text in accounting_definitions()
    ]
    heads = [Head(f"{escaped(one.name)}, {UNIT}") for one in networks]
    return _table("memory", "Memory under every accounting", _defined(heads, "accounting"), rows)


def rule_table(networks: tuple[Network, ...]) -> str:
    """A row a rule for counting operations, a column a network, with the definition."""
    rows = []
    for name, text in rule_definitions():
        cells = "".join(
            _figure(f"tool:{name}", _count(one.report, f"operations:{name}"), number)
            for number, one in enumerate(networks)
        )
        rows.append(
            f'<tr><th scope="row"><code>{escaped(name)}</code></th>{cells}<td class="prose">{escaped(text)}</td></tr>'
        )
    return _table(
        "rules",
        "Operations of a forward pass, as tools count them",
        _defined([Head(escaped(one.name)) for one in networks], "counted as"),
        rows,
    )


def _defined(heads: list[Head], first: str) -> tuple[Head, ...]:
    return (Head(first, figures=False), *heads, Head("what it counts, and whose it is", figures=False))


def published_table(number: int, one: Network) -> str:
    """What others state about the network, in their words; nothing where nobody does."""
    entries = one.report.graph.spec.published
    if not entries:
        return ""
    rows = [
        f'<tr><th scope="row">{escaped(key.replace("_", " "))}</th><td class="n">{escaped(str(value))}</td>'
        f"<td>{escaped(entry.source)}</td><td class=prose>{escaped(entry.convention)}</td></tr>"
        for entry in entries
        for key, value in entry.figures.items()
    ]
    heads = (
        Head("figure", figures=False),
        Head("as stated"),
        Head("source", figures=False),
        Head("convention", figures=False),
    )
    return _table(f"published-{number}", f"{escaped(one.name)} as published", heads, rows)


def _size(report: Report, key: str) -> str:
    return _total(report, key, mega)


def _count(report: Report, key: str) -> str:
    return _total(report, key, grouped)


def _total(report: Report, key: str, text: Callable[[int], str]) -> str:
    """A total by its key among the facts: what is known of it, or a dash for a run that torch refuses."""
    value = exact(report, key)
    if value is not None:
        return text(value)
    if ":" not in key:  # of a training step, whose work is not known where the forward pass's is not
        return UNKNOWN
    found = counted_of(report, key)
    return NOTHING if found is None or found.status == "complete" else size_words(text, found)


def _figure(key: str, text: str, spec: int | None = None) -> str:
    place = "" if spec is None else f' data-spec="{spec}"'
    name = "n minor" if key == "field" else "n"
    return f'<td class="{name}" data-fig="{escaped(key)}"{place}>{escaped(text)}</td>'


def _table(
    ident: str,
    caption: str,
    heads: tuple[Head, ...],
    rows: list[str],
    *,
    spec: int | None = None,
    foot: str = "",
    filtered: bool = False,
) -> str:
    """A table that scrolls by itself where it is too wide, and that the script can sort."""
    head = "".join(f'<th scope="col" class="{_classes(one)}">{one.html}</th>' for one in heads)
    place = "" if spec is None else f' data-spec="{spec}"'
    tools = " data-filter" if filtered else ""
    body = "\n".join(rows)
    end = f"<tfoot>{foot}</tfoot>" if foot else ""
    return (
        f'<div class="wide" role="region" aria-labelledby="{ident}-caption" tabindex="0">\n'
        f'<table id="{ident}" data-sort{tools}{place}>\n<caption id="{ident}-caption">{caption}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n{end}</table>\n</div>"
    )


def _classes(head: Head) -> str:
    return " ".join(name for name, holds in (("n", head.figures), ("minor", head.minor)) if holds)
