"""The bubbles of accuracy against operations, as inline SVG: published figures follow no switch."""

from __future__ import annotations

from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.render.plot import Request, find_kind
from vggstat.render.plot.bubbles import Bubble, own_place, place_labels
from vggstat.render.report_page.markup import escaped

__all__ = ["landscape_figure"]

WIDTH, HEIGHT = 640, 340
LEFT, TOP, BOTTOM = 44, 12, 46
LARGEST = 12.0
"""Pixels of the radius of the largest bubble."""


def landscape_figure(reports: tuple[Report, ...]) -> str:
    """The figure with its sources; empty where no network has a published accuracy."""
    try:
        plot = find_kind("landscape").build(Request(reports=reports))
    except UsageError:
        return ""
    rows = [dict(row) for row in plot.rows]
    wide, high = WIDTH - LEFT - 12, HEIGHT - TOP - BOTTOM
    right = max(row["macs"] for row in rows) * 1.12
    values = [row["top1_accuracy"] for row in rows]
    low, top = min(values) - 1, max(values) + 1
    most = max(row["params"] for row in rows)
    bubbles = [
        Bubble(
            row["macs"] / right * wide,
            (top - row["top1_accuracy"]) / (top - low) * high,
            LARGEST * (row["params"] / most) ** 0.5,
            row["spec"],
        )
        for row in rows
    ]
    publishers = list(dict.fromkeys(row["publisher"] for row in rows))
    circles = [
        f'<circle class="c{publishers.index(row["publisher"])}" data-tip="{escaped(label["words"])}" '
        f'cx="{bubble.x:.1f}" cy="{bubble.y:.1f}" r="{bubble.radius:.1f}"/>'
        for row, label, bubble in zip(rows, plot.labels, bubbles, strict=True)
    ]
    places = [
        place or own_place(bubble)
        for bubble, place in zip(bubbles, place_labels(bubbles, wide, high), strict=True)
    ]
    lines = [
        f'<line x1="{bubble.x:.1f}" y1="{bubble.y:.1f}" x2="{place.line_x:.1f}" y2="{place.line_y:.1f}"/>'
        for bubble, place in zip(bubbles, places, strict=True)
    ]
    names = [
        f'<text x="{place.x:.1f}" y="{place.y + 4:.1f}" text-anchor="middle">{escaped(bubble.text)}</text>'
        for bubble, place in zip(bubbles, places, strict=True)
    ]
    legend = "".join(
        f'<li><span class="dot c{number}"></span>{escaped(name)}</li>'
        for number, name in enumerate(publishers)
    )
    notes = "".join(f"<li>{escaped(note)}</li>" for note in plot.notes)
    return (
        '<figure class="landscape"><figcaption>Published top-1 accuracy against MACs of a forward pass '
        "(one image, own input); area: parameters, with biases</figcaption>"
        f'<div class="wide" role="region" aria-label="Accuracy against operations" tabindex="0">'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escaped(_words(plot.labels))}">'
        f'<g transform="translate({LEFT} {TOP})">{_grid(right, low, top, wide, high)}'
        f"{''.join(lines)}{''.join(circles)}{''.join(names)}</g></svg></div>"
        f'<ul class="legend">{legend}</ul><p class="note">{escaped(plot.subtitle[1])}</p>'
        f'<ul class="note">{notes}</ul></figure>'
    )


def _words(labels: tuple[object, ...]) -> str:
    return "Bubbles: " + "; ".join(label["words"] for label in labels)  # type: ignore[index]


def _grid(right: float, low: float, top: float, wide: float, high: float) -> str:
    pieces = []
    step = next(step for step in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1e6) if right / 1e9 / step <= 6)
    tick = 0.0
    while tick <= right / 1e9:
        x = tick * 1e9 / right * wide
        pieces.append(
            f'<path class="grid" d="M{x:.1f} 0V{high:.1f}"/><text class="tick" x="{x:.1f}" y="{high + 16:.1f}" '
            f'text-anchor="middle">{tick:g}</text>'
        )
        tick = round(tick + step, 6)
    spacing = 1 if top - low <= 8 else 2 if top - low <= 16 else 5
    level = int(low // spacing + 1) * spacing
    while level <= top:
        y = (top - level) / (top - low) * high
        pieces.append(
            f'<path class="grid" d="M0 {y:.1f}H{wide:.1f}"/><text class="tick" x="-6" y="{y + 4:.1f}" '
            f'text-anchor="end">{level}</text>'
        )
        level += spacing
    pieces.append(
        f'<text class="tick" x="{wide / 2:.1f}" y="{high + 34:.1f}" text-anchor="middle">GMACs (10^9)</text>'
        f'<text class="tick" transform="translate(-32 {high / 2:.1f}) rotate(-90)" text-anchor="middle">'
        "top-1 accuracy, %</text>"
    )
    return "".join(pieces)
