"""A scene as SVG. Text stays text; nothing is loaded from anywhere; the same scene gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from vggstat.render.draw.metrics import FONTS, is_measured
from vggstat.render.draw.scene import Group, Item, Label, Point, Polygon, Rectangle, Scene
from vggstat.render.draw.theme import HATCHES, style_sheet
from vggstat.render.width import quiet, visible

__all__ = ["render_svg"]

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def render_svg(scene: Scene, theme: str, ident: str) -> str:
    """The scene as a complete SVG document.

    ``theme`` is ``light``, ``dark``, or ``auto``, which follows the reader's (``prefers-color-scheme``). ``ident``
    begins every id, so that several pictures can stand in one HTML page.
    """
    return "\n".join(_document(scene, theme, ident)) + "\n"


def escaped(text: str) -> str:
    """The text as XML takes it, control characters written out."""
    return quiet(visible(text).translate(_ESCAPES), "&#%d;")


def _document(scene: Scene, theme: str, ident: str) -> Iterator[str]:
    width, height = _number(scene.width), _number(scene.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{ident}" class="v-text" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-labelledby="{ident}-title {ident}-desc" '
        f'font-family="{FONTS}">'
    )
    yield f'<title id="{ident}-title">{escaped(scene.title)}</title>'
    yield f'<desc id="{ident}-desc">{escaped(scene.description)}</desc>'
    yield f"<style>\n{style_sheet(theme)}\n</style>"
    yield from _patterns(scene, ident)
    yield f'<rect class="v-paper" width="{width}" height="{height}"/>'
    for anchor, items in groupby(scene.items, key=_anchor):
        # Labels under each other have one anchor: said once for all of them.
        if anchor:
            yield f'<g text-anchor="{anchor}">'
        yield from (_item(item, ident) for item in items)
        if anchor:
            yield "</g>"
    yield "</svg>"


def _anchor(item: Item) -> str:
    return item.anchor if isinstance(item, Label) and item.anchor != "start" else ""


def _item(item: Item, ident: str) -> str:
    if isinstance(item, Label):
        return _label(item)
    if isinstance(item, Group):
        shapes = "".join(_shape(shape, ident) for shape in item.shapes)
        return f"<g><title>{escaped(item.tip)}</title>{shapes}</g>" if item.tip else shapes
    return _shape(item, ident)


def _patterns(scene: Scene, ident: str) -> Iterator[str]:
    """The hatches that are used."""
    used = {shape.role for shape in scene.shapes}
    found = [
        f'<pattern id="{ident}-{role}" width="{side}" height="{side}" patternUnits="userSpaceOnUse">'
        f'<path class="v-hatch" d="{path}"/></pattern>'
        for role, (side, path) in HATCHES.items()
        if role in used
    ]
    if found:
        yield f"<defs>{''.join(found)}</defs>"


def _label(label: Label) -> str:
    # The picture as a whole has the role text.
    role = "" if label.role == "text" else f' class="v-{label.role}"'
    weight = ' font-weight="bold"' if label.bold else ""
    length = ""
    if not is_measured(label.text):
        length = f' textLength="{_number(label.width)}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text{role} x="{_number(label.x)}" y="{_number(label.y)}" '
        f'font-size="{_number(label.size)}"{weight}{length}>{escaped(label.text)}</text>'
    )


def _shape(shape: Polygon | Rectangle, ident: str) -> str:
    # A hatch is a reference to this picture's own pattern, which no style sheet can know.
    paint = f'fill="url(#{ident}-{shape.role})"' if shape.role in HATCHES else f'class="v-{shape.role}"'
    if isinstance(shape, Rectangle):
        corner = f' rx="{_number(shape.radius)}"' if shape.radius else ""
        return (
            f'<rect {paint} x="{_number(shape.x)}" y="{_number(shape.y)}" width="{_number(shape.width)}" '
            f'height="{_number(shape.height)}"{corner}/>'
        )
    return f'<path {paint} d="{_path(shape)}"/>'


def _path(shape: Polygon) -> str:
    end = "z" if shape.closed else ""
    return "".join(_outline(outline) + end for outline in shape.outlines)


def _outline(points: tuple[Point, ...]) -> str:
    """The way through the points, in steps: what runs straight needs one number. Half as long as coordinates."""
    rounded = [(round(x * 10), round(y * 10)) for x, y in points]
    text = [f"M{_tenths(rounded[0][0])} {_tenths(rounded[0][1])}"]
    for (x, y), (next_x, next_y) in pairwise(rounded):
        if x == next_x:
            text.append(f"v{_tenths(next_y - y)}")
        elif y == next_y:
            text.append(f"h{_tenths(next_x - x)}")
        else:
            text.append(f"l{_tenths(next_x - x)} {_tenths(next_y - y)}")
    return "".join(text)


def _number(value: float) -> str:
    """The number with one decimal at most: a tenth of a pixel."""
    return _tenths(round(value * 10))


def _tenths(count: int) -> str:
    whole, rest = divmod(abs(count), 10)
    sign = "-" if count < 0 else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
