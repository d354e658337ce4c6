"""What the tests of drawings share: networks, and what must hold for every picture."""

from __future__ import annotations

from xml.etree import ElementTree

from vggstat.cost.report import Report, analyze
from vggstat.render.draw import WIDTH, DrawOptions, make_scene
from vggstat.render.draw.scene import Box, Scene
from vggstat.render.draw.svg import render_svg
from vggstat.render.draw.theme import find_theme
from vggstat.sources.spec import read_text
from vggstat.sources.spec.build import build_graph

SVG = "{http://www.w3.org/2000/svg}"
STYLES = ("blocks", "columns", "flow")

TINY = """\
name: tiny
input: [3, 32, 32]
blocks:
  - [conv3-16, maxpool]
classifier: [FC-10]
"""

THIRTY = "name: thirty\ninput: [3, 224, 224]\nblocks:\n" + "".join(
    f"  - [{'conv3-' + str(width) + ', '}{', '.join(['conv3-' + str(width)] * 5)}, maxpool]\n"
    for width in (64, 128, 256, 512, 512)
)
"""Thirty convolutions in five blocks, without FC layers."""


def report_from(text: str) -> Report:
    """The report of a spec written in YAML."""
    return analyze(build_graph(read_text(text, "test.yaml")))


def texts_of(svg: str) -> list[str]:
    """The texts of a picture, as a reader's search finds them."""
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def flaws(scene: Scene) -> list[str]:
    """Labels that touch each other, and whatever leaves the canvas."""
    canvas = Box(0, 0, scene.width, scene.height)
    labels = sorted(scene.labels, key=lambda label: label.box.top)
    found = [f"outside: {label.text}" for label in labels if not label.box.inside(canvas)]
    found += [f"outside: {shape.role}" for shape in scene.shapes if not shape.box.inside(canvas)]
    for number, one in enumerate(labels):
        for other in labels[number + 1 :]:
            if other.box.top >= one.box.bottom:
                break
            if one.box.overlaps(other.box):
                found.append(f"overlap: {one.text!r} and {other.text!r}")
    return found


def check(reports: tuple[Report, ...], style: str, width: int = WIDTH) -> str:
    """The SVG of a picture that has no flaws and is well-formed."""
    scene = make_scene(reports, style, width)
    assert flaws(scene) == []
    assert scene.width <= width
    options = DrawOptions()
    svg = render_svg(
        scene, find_theme(options.theme), options.ident
    )  # as draw does, which would lay it out again
    root = ElementTree.fromstring(svg)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    return svg
