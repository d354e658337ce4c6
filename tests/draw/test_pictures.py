"""Every style for every network that ships: well-formed, nothing touching, the report's numbers, small."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.conftest import Golden
from tests.draw.pictures import STYLES, SVG, THIRTY, TINY, check, flaws, report_from, texts_of
from tests.networks import BRANCHING, CHAINS, PAPER, SHIPPED, report_of
from vggstat.errors import UsageError
from vggstat.render.draw import DrawOptions, draw, make_scene
from vggstat.render.draw.frame import NAME
from vggstat.render.draw.scene import Box, Label, Polygon, Rectangle, Scene
from vggstat.units import grouped, short

VARIANTS = (*CHAINS, "D@384", "D@head=gap", "D@head=conv", "D@head=none", "D@3x384x512", "D@batch=32,bf16")


DRAWN = [(name, style) for name in SHIPPED for style in STYLES if name in CHAINS or style != "columns"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("argument", VARIANTS)
@pytest.mark.parametrize("width", [400, 600, 960, 1600])
def test_no_labels_touch_and_none_leaves_the_canvas(argument: str, style: str, width: int) -> None:
    """No two label boxes of a shipped network overlap, at column and at slide width, and all is on the canvas."""
    check((report_of(argument),), style, width)


@pytest.mark.parametrize("style", ["blocks", "flow"])
@pytest.mark.parametrize("argument", BRANCHING)
@pytest.mark.parametrize("width", [400, 960])
def test_branches_are_drawn_without_labels_touching(argument: str, style: str, width: int) -> None:
    """Units beside one another too."""
    check((report_of(argument),), style, width)


def test_a_unit_is_drawn_with_its_branches_and_its_skip() -> None:
    """ResNet-50's second block: a shortcut that is a convolution, then two units whose shortcut is a line; three sums."""
    texts = texts_of(draw((report_of("ResNet-50"),), DrawOptions(style="flow")))

    assert texts.count("add") == 8  # in each of four blocks one unit that differs, and the others as one
    assert [text for text in texts if text.startswith("residual ×")] == [
        f"residual ×{n}" for n in (2, 3, 5, 2)
    ]
    assert "crop of block4" in texts_of(draw((report_of("U-Net"),), DrawOptions(style="flow")))
    assert "residual ×5" in texts_of(draw((report_of("ResNet-50"),)))


def test_columns_are_for_chains() -> None:
    """The paper's Table 1 has one layer after another; who asks for more is told what there is."""
    with pytest.raises(UsageError, match="ResNet-18 branches: use --style flow"):
        draw((report_of("D"), report_of("ResNet-18")), DrawOptions(style="columns"))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("width", [400, 960])
@pytest.mark.parametrize(
    "arguments", [PAPER, ("D", "E"), ("D", "AlexNet"), ("D@384", "D"), ("D", "D-BN"), CHAINS]
)
def test_several_networks_in_one_picture(arguments: tuple[str, ...], style: str, width: int) -> None:
    """Pictures of several networks are as clean as those of one."""
    check(tuple(map(report_of, arguments)), style, width)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", [TINY, THIRTY], ids=["tiny", "thirty"])
def test_three_and_thirty_layers(text: str, style: str) -> None:
    """A network of 3 layers and one of 30 are drawn without a label touching another."""
    check((report_from(text),), style)


@pytest.mark.parametrize("style", ["blocks", "flow"])
@pytest.mark.parametrize("argument", ["D-BN", "E-BN", "AlexNet", "D"])
def test_rows_are_joined_by_arrows_that_cross_no_label(argument: str, style: str) -> None:
    """There is one arrow less than stages, however many rows they take, and no line runs through a text."""
    report = report_of(argument)
    for width in (400, 600, 960):
        scene = make_scene((report,), style, width)
        ways = [shape for shape in scene.shapes if isinstance(shape, Polygon) and shape.role == "axis"]
        stages = len({label.text for label in scene.labels if label.bold and label.size == NAME})

        assert len(ways) == stages - 1
        for way in ways:
            for start, end in pairwise(way.outlines[0]):
                stretch = Box(*map(min, start, end), *map(max, start, end))
                assert [label.text for label in scene.labels if stretch.overlaps(label.box)] == []


def test_workloads_are_said_once_for_those_that_share_them() -> None:
    """Of many networks side by side the picture names what is run of a group, not of each again."""
    texts = " ".join(texts_of(draw(tuple(map(report_of, CHAINS)), DrawOptions(style="columns"))))

    assert texts.count("224×224 RGB image") == 1
    assert "AlexNet: 227×227 RGB image" in texts


def test_touching_labels_would_be_seen() -> None:
    """The tests above can fail: overlaps and what leaves the canvas are found."""
    labels = [
        Label(text="conv3-64", x=10.0, y=20.0, size=14.0),
        Label(text="maxpool", x=30.0, y=25.0, size=14.0),
    ]
    beyond = Rectangle(role="frame", x=90, y=0, width=20, height=5)
    scene = Scene(width=100, height=40, title="", description="", items=(*labels, beyond))

    assert flaws(scene) == ["outside: frame", "overlap: 'conv3-64' and 'maxpool'"]
    assert not Box(0, 0, 1, 1).overlaps(Box(1, 0, 2, 1))


@pytest.mark.parametrize(("argument", "style"), DRAWN)
def test_totals_are_those_of_the_report(argument: str, style: str) -> None:
    """Parameters and MACs stand in the picture with all their digits, and say what they count; it stays under 100 kB."""
    report = report_of(argument)
    svg = draw((report,), DrawOptions(style=style))
    texts = " | ".join(texts_of(svg))

    assert len(svg.encode()) < 100_000
    assert f"{grouped(report.total.params)} parameters" in texts
    assert f"{grouped(report.total.macs_known)} MACs" in texts
    definitions = "Parameters: weights and biases. MACs: multiply-accumulates of conv and FC layers and of matrix products;"
    assert definitions in texts.replace(" | ", " ")


@pytest.mark.parametrize("argument", [name for name in CHAINS if name != "MobileNetV1"])
def test_figures_under_a_block_are_its_own(argument: str) -> None:
    """Each block's parameters, MACs and maps are in the picture in blocks, and every layer's in a tip."""
    report = report_of(argument)
    svg = draw((report,))
    texts = texts_of(svg)
    tips = [title.text or "" for title in ElementTree.fromstring(svg).iter(f"{SVG}title")]

    for block in report.blocks[1:]:
        assert f"{short(block.params)} params" in texts
        assert f"{short(block.macs_known)} MACs" in texts
    for row in report.rows:
        tip = next(tip for tip in tips if tip.startswith(f"{row.name} · "))
        assert (f"{grouped(row.params)} parameters" in tip) == bool(row.params)
        if len(row.output_shape) == 3:
            channels, height, width = row.output_shape
            assert f"{height}×{width}×{channels}" in texts


def test_numbers_of_a_batch() -> None:
    """With a batch of 32 the MACs are the batch's, and the picture says that it is one."""
    texts = " | ".join(texts_of(draw((report_of("D@batch=32"),))))

    assert "495,048,458,240 MACs" in texts  # 32 * 15,470,264,320
    assert "batch 32" in texts


def test_columns_mark_what_is_added_with_a_sign() -> None:
    """Beside A, A-LRN has '+ LRN', B '− LRN' and '+ conv3-64'; beside C, D has '~ conv3-256'."""
    texts = texts_of(draw(tuple(map(report_of, PAPER)), DrawOptions(style="columns")))

    assert texts.count("+ LRN") == texts.count("− LRN") == texts.count("+ conv3-64") == 1
    assert texts.count("+ conv1-256") == texts.count("~ conv3-256") == texts.count("+ conv3-256") == 1
    assert texts.count("soft-max") == 6
    assert "+ added to the column at its left" in texts


def test_repeated_layers_are_grouped_and_it_is_said() -> None:
    """Six equal convolutions are drawn as four, which the label states; batch norms are grouped with theirs."""
    assert "(4 of 6 drawn)" in texts_of(draw((report_from(THIRTY),)))
    assert "(conv3-512, BN) ×4" in texts_of(draw((report_of("E-BN"),)))


@pytest.mark.parametrize("style", STYLES)
def test_the_same_bytes_again(style: str) -> None:
    """The same networks give the same picture, byte for byte."""
    assert draw((report_of("E"),), DrawOptions(style=style)) == draw(
        (report_of("E"),), DrawOptions(style=style)
    )


def test_six_columns_under_100_kilobytes() -> None:
    """The paper's Table 1 neither."""
    svg = draw(tuple(map(report_of, PAPER)), DrawOptions(style="columns"))

    assert len(svg.encode()) < 100_000


def test_read_aloud() -> None:
    """A screen reader finds the title and a description that has the layers in words."""
    root = ElementTree.fromstring(draw((report_of("D"),), DrawOptions(ident="one")))
    named = {element.get("id"): element.text or "" for element in root if element.get("id")}

    assert (root.get("aria-labelledby") or "").split() == ["one-title", "one-desc"]
    assert named["one-title"] == "D · VGG-16"
    assert "block3: conv3-256 ×3, maxpool, giving 28×28×256" in named["one-desc"]
    assert "138,357,544 parameters" in named["one-desc"]


def test_nothing_is_fetched() -> None:
    """A picture refers to nothing outside itself, and has no script."""
    for style in STYLES:
        svg = draw((report_of("AlexNet"),), DrawOptions(style=style))

        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|href|<script|@import|url\((?!#)", svg)


@pytest.mark.parametrize(
    "name", ["blocks-D", "blocks-AlexNet", "flow-D-BN", "columns-D-E", "blocks-dark-A-LRN"]
)
def test_golden(name: str, golden: Golden) -> None:
    """A few pictures that were looked at stay as they were."""
    style, _, rest = name.partition("-")
    dark = rest.startswith("dark-")
    arguments = ["D", "E"] if rest == "D-E" else [rest.removeprefix("dark-")]
    svg = draw(tuple(map(report_of, arguments)), DrawOptions(style=style, theme="dark" if dark else "auto"))

    golden(f"{name}.svg", svg)


def test_scale_is_what_the_note_says() -> None:
    """A map of side 224 is drawn twice as high as one of 56, and 4096 features 8 times as thick as 64 channels."""
    from vggstat.render.draw.solid import make_scale

    scale = make_scale((report_of("D"),), 912)

    assert scale.length(224) / scale.length(56) == pytest.approx(2)  # sqrt(224 / 56)
    assert scale.thickness(4096) / scale.thickness(64) == pytest.approx(8)  # sqrt(4096 / 64)
    assert "square roots" in " ".join(label.text for label in make_scene((report_of("D"),), "blocks").labels)
