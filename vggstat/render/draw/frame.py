"""What every picture has around its drawing: title, figures, legend, conventions, and words for who cannot see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from vggstat.cost.report import Report
from vggstat.render.captions import MACS_NOTE, graph_notes, workload_words
from vggstat.render.draw.metrics import ASCENT, DESCENT, LEADING, fitted, text_width, wrapped
from vggstat.render.draw.scene import Item, Label, Scene, moved
from vggstat.render.draw.stages import closes_with_softmax, runs_of
from vggstat.render.figures import part_words
from vggstat.render.width import visible
from vggstat.units import grouped

__all__ = [
    "BODY", "FIGURE_SIZE", "HEADING", "MARGIN", "NAME", "NOTE", "LegendItem", "Panel", "assemble", "figures_line",
    "head_notes", "heading_panel", "legend_panel", "spelled_out", "stacked", "text_panel",
    "title_panel", "title_words", "weight_layers",
]  # fmt: skip

MARGIN: Final = 24.0
HEADING: Final = 22.0
NAME: Final = 16.0
BODY: Final = 15.0
FIGURE_SIZE: Final = 14.0
"""The least size of what a picture is about: 8.75 pixels where a picture 960 wide is shown 600 wide."""
NOTE: Final = 14.0

DEFINITIONS: Final = f"Parameters: weights and biases. {MACS_NOTE}"

MOST_TITLE_LINES: Final = 3
NARROWEST: Final = 560.0
"""A small drawing needs no wide picture, but the words around it need some room."""


class Panel(NamedTuple):
    """Items from (0, 0), and how much room they take."""

    width: float
    height: float
    items: tuple[Item, ...]


class LegendItem(NamedTuple):
    """A swatch and what it means. The swatch's items start at (0, 0) and are centred on ``height / 2``."""

    swatch: Panel
    text: str


def text_panel(
    lines: Sequence[str], size: float, *, bold: bool = False, role: str = "text", align: float | None = None
) -> Panel:
    """Lines of text under each other; around ``align`` if it is given, else from the left edge."""
    anchor: dict[str, str] = {} if align is None else {"anchor": "middle"}
    items = tuple(
        Label(
            text=text,
            x=align or 0.0,
            y=ASCENT * size + number * LEADING * size,
            size=size,
            bold=bold,
            role=role,
            **anchor,  # type: ignore[arg-type]
        )
        for number, text in enumerate(lines)
    )
    width = max((text_width(text, size, bold=bold) for text in lines), default=0.0)
    height = (ASCENT + DESCENT + LEADING * (len(lines) - 1)) * size if lines else 0.0
    return Panel(width, height, items)


def heading_panel(report: Report, width: float) -> Panel:
    """The network's name, its figures, and what they are figures of."""
    title = title_panel(title_words(report), width)
    figures = text_panel(wrapped(figures_line(report), BODY, width, joint=" · "), BODY)
    workload = workload_words(report.graph, report.workload).split(" · ")
    where = text_panel(wrapped(workload, BODY, width, joint=" · "), BODY, role="muted")
    return stacked((title, figures, where), gap=3)


def title_panel(title: str, width: float) -> Panel:
    """A title in large, in three lines at most; a longer one is whole in the SVG's own title."""
    lines = wrapped(title.split(" "), HEADING, width, bold=True)
    if len(lines) > MOST_TITLE_LINES:
        kept = lines[: MOST_TITLE_LINES - 1]
        lines = [*kept, fitted(" ".join(lines[MOST_TITLE_LINES - 1 :]), HEADING, width, bold=True)]
    return text_panel(lines, HEADING, bold=True)


def title_words(report: Report) -> str:
    """The network's name, and its title if it has another one."""
    spec = report.graph.spec
    return spec.name if spec.title == spec.name else f"{spec.name} · {plain(spec.title)}"


def plain(text: str) -> str:
    """What an author wrote, harmless and on one line: as it will be shown, so that it is measured as such."""
    return " ".join(visible(text).split())


def weight_layers(report: Report) -> str:
    """How many weight layers it has."""
    return f"{report.weight_layers} weight {'layer' if report.weight_layers == 1 else 'layers'}"


def figures_line(report: Report) -> list[str]:
    """The network in figures."""
    return [
        f"{weight_layers(report)} ({report.conv_layers} conv, {report.fc_layers} FC)",
        f"{grouped(report.total.params)} parameters",
        f"{macs_words(report)} MACs",
    ]


def macs_words(report: Report) -> str:
    """The MACs; what is known of them, marked as a part, where not all are."""
    known = grouped(report.total.macs_known)
    return part_words(known) if report.total.macs is None else known


def legend_panel(items: Iterable[LegendItem], width: float) -> Panel:
    """The legend, in as many lines as it needs."""
    placed: list[Item] = []
    x = y = 0.0
    line_height = 0.0
    widest = 0.0
    for item in items:
        swatch = item.swatch
        lead = swatch.width + 8 if swatch.items else 0.0
        text = text_panel(wrapped(item.text.split(" "), FIGURE_SIZE, width - lead), FIGURE_SIZE)
        needed = lead + text.width
        if x and x + needed > width:
            x, y, line_height = 0.0, y + line_height + 8, 0.0
        height = max(swatch.height, text.height)
        line_height = max(line_height, height)
        placed += [moved(part, x, y + (height - swatch.height) / 2) for part in swatch.items]
        placed += [moved(part, x + lead, y + (height - text.height) / 2) for part in text.items]
        widest = max(widest, x + needed)
        x += needed + 20
    return Panel(widest, y + line_height, tuple(placed))


def head_notes(reports: Sequence[Report]) -> list[str]:
    """How each network joins its maps to the FC layers; once where they all do it alike."""
    notes: dict[str, list[str]] = {}
    for report in reports:
        for note in graph_notes(report, "operations:macs"):
            notes.setdefault(note, []).append(report.name)
    if len(notes) == 1 or len(reports) == 1:
        return list(notes)
    return [
        f"{', '.join(dict.fromkeys(names))}: {note[0].lower()}{note[1:]}" for note, names in notes.items()
    ]


def sources_note(reports: Sequence[Report]) -> list[str]:
    """Where the networks are described: what the sources begin with is said once."""
    sources = list(
        dict.fromkeys(plain(report.graph.spec.source) for report in reports if report.graph.spec.source)
    )
    if len(sources) < 2:
        return [f"Source: {source}." for source in sources]
    words = [source.split(" ") for source in sources]
    # The last word of each stays its own, however alike they are.
    shortest = min(map(len, words)) - 1
    same = next((at for at in range(shortest) if len({word[at] for word in words}) > 1), shortest)
    joint = ", " if same else "; "
    start = "".join(f"{word} " for word in words[0][:same])
    return [f"Sources: {start}{joint.join(' '.join(word[same:]) for word in words)}."]


def stacked(panels: Iterable[Panel], gap: float) -> Panel:
    """Panels under each other; empty ones take no room."""
    items: list[Item] = []
    width = bottom = 0.0
    for panel in panels:
        if not panel.items:
            continue
        top = bottom + gap if items else 0.0
        items += [moved(item, 0, top) for item in panel.items]
        width, bottom = max(width, panel.width), top + panel.height
    return Panel(width, bottom, tuple(items))


def assemble(
    reports: Sequence[Report],
    panels: Sequence[Panel],
    legends: Iterable[Sequence[LegendItem]],
    notes: Sequence[str],
    width: float,
    style: str,
) -> Scene:
    """Panels, legends and notes as a whole picture of this width, or narrower where no panel needs it."""
    inner = min(width - 2 * MARGIN, max(NARROWEST, *(panel.width for panel in panels)))
    sentences = [*notes, DEFINITIONS, *head_notes(reports), *sources_note(reports)]
    lines = [line for sentence in sentences for line in wrapped(sentence.split(" "), NOTE, inner)]
    legend = stacked((legend_panel(items, inner) for items in legends), gap=10)
    body = stacked((*panels, legend, text_panel(lines, NOTE, role="muted")), gap=20)
    return Scene(
        width=inner + 2 * MARGIN,
        height=body.height + 2 * MARGIN,
        title=" and ".join(title_words(report) for report in reports),
        description=f"{style} {' '.join(map(spelled_out, reports))} {' '.join(sentences)}",
        items=tuple(moved(item, MARGIN, MARGIN) for item in body.items),
    )


def spelled_out(report: Report) -> str:
    """The network in words: block by block its layers and the map that leaves."""
    blocks = []
    for block in report.blocks:
        runs = list(runs_of(block.rows))
        maps = [run.map for run in runs if run.map]
        layers = ", ".join(run.text for run in runs)
        if block is report.blocks[-1] or block.name == report.blocks[-1].name:
            layers += ", soft-max" if closes_with_softmax(report) else ""
        blocks.append(f"{block.name}: {layers}" + (f", giving {maps[-1]}" if maps else ""))
    figures = ", ".join(figures_line(report))
    where = workload_words(report.graph, report.workload).replace(" · ", ", ")
    return f"{report.name}: {figures}; {where}. {'; '.join(blocks)}."
