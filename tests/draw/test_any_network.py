"""Networks that nobody drew before: random ones, long ones, and ones with hostile names."""

from __future__ import annotations

from time import process_time
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.draw.pictures import STYLES, SVG, check, report_from, texts_of
from vggstat.cost.report import Report
from vggstat.errors import UsageError, VggstatError
from vggstat.render.draw import DrawOptions, draw

CONVS = st.builds(
    lambda kernel, filters: f"conv{kernel}-{filters}",
    st.sampled_from((1, 3, 5)),
    st.sampled_from((8, 64, 1000)),
)
LAYERS = st.one_of(
    CONVS,
    st.sampled_from(
        [
            "LRN",
            "{conv: {filters: 64, norm: batch}}",
            "{conv: {filters: 96, kernel: 11, stride: 4, padding: 5}}",
            "{conv: {filters: 64, groups: 2, dilation: 2}}",
            "{maxpool: {kernel: 3, stride: 1}}",
            "conv3-100000",
        ]
    ),
)


@st.composite
def specs(draw_from: st.DrawFn, layers: int) -> str:
    """A network of about so many layers in a few blocks, as YAML."""
    count = draw_from(st.integers(1, max(1, min(7, layers // 3))))
    blocks = []
    for _ in range(count):
        chosen = draw_from(st.lists(LAYERS, min_size=1, max_size=6))
        times = max(1, layers // count // len(chosen))
        shuffle = draw_from(st.booleans())
        repeated = chosen * times if shuffle else [layer for layer in chosen for _ in range(times)]
        blocks.append(f"  - [{', '.join([*repeated, 'maxpool'])}]")
    head = draw_from(
        st.sampled_from(["", "classifier: [FC-10]", "classifier: [FC-4096, FC-100000, soft-max]"])
    )
    height, width = draw_from(st.sampled_from([(128, 128), (300, 150), (1024, 640)]))
    return "\n".join(["name: x", f"input: [3, {height}, {width}]", "blocks:", *blocks, head])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("layers", [3, 30, 200])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_network_is_drawn_without_labels_touching(style: str, layers: int, data: st.DataObject) -> None:
    """Random networks of about 3, 30 and 200 layers, at any width: no label touches another or leaves the canvas."""
    text = data.draw(specs(layers))
    try:
        report = report_from(text)
    except VggstatError:
        return  # A map that became too small for its window.
    check((report,), style, data.draw(st.integers(400, 2000)))


@pytest.mark.parametrize("style", STYLES)
def test_two_hundred_different_layers_stay_small(style: str) -> None:
    """Even 200 layers of which no two neighbours are alike take less than 100 kB."""
    layers = [f"conv{(1, 3, 5)[n % 3]}-{16 + n % 7}" for n in range(200)]
    blocks = "\n".join(f"  - [{', '.join(layers[start : start + 20])}]" for start in range(0, 200, 20))
    report = report_from(f"name: long\ninput: [3, 64, 64]\nblocks:\n{blocks}\n")

    assert len(check((report,), style).encode()) < 100_000


NESTS = {"residual": "{{residual: [{}, conv1-8]}}", "branches": "{{branches: [[{}], [conv1-8]], join: add}}"}


def nested(form: str, depth: int) -> Report:
    """The report of units that stand in one another."""
    units = "conv3-8"
    for _ in range(depth):
        units = NESTS[form].format(units)
    return report_from(f"name: deep\ninput: [3, 16, 16]\nblocks:\n  - [conv3-8, {units}]\n")


@pytest.mark.parametrize("style", ["blocks", "flow"])
@pytest.mark.parametrize(("form", "depth"), [("residual", 28), ("branches", 18)])
def test_units_deep_in_one_another_are_drawn(style: str, form: str, depth: int) -> None:
    """As deep as the language allows: at once (each level laid out twice would take hours), no label outside."""
    report = nested(form, depth)
    started = process_time()
    check((report,), style)

    assert process_time() - started < 5


def test_units_too_deep_for_the_width_are_refused() -> None:
    """28 lines of 16 with alleys of 10 beside a box of 16: 28 × 26 + 16 = 744 points do not go into 400."""
    with pytest.raises(UsageError, match=r"block1 has units too deep .* raise --width"):
        draw((nested("residual", 28),), DrawOptions(style="flow", width=400))


HOSTILE = (
    "<script>alert(1)</script>",
    "\"quotes\" & 'ampersands' ]]> <!-- -->",
    "bell \x07, escape \x1b[31m, bidi \u202e, nul-like \u2400, not a character \ufffe",
    "漢字 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢, é, ﷽, 👩‍👩‍👧",
    "x" * 500,
    "many words " * 45,
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_stay_text(style: str, title: str) -> None:
    """Markup in a title or a source stays text, control characters are written out, long ones keep to the canvas."""
    report = report_from("name: x\ninput: [3, 32, 32]\nblocks: [[conv3-8]]\n")
    # The reader of YAML refuses some of these; who builds a Spec in Python is not stopped.
    named = report.graph.spec.replace(title=title, source=title)
    report = report.replace(graph=report.graph.replace(spec=named))
    svg = check((report, report.replace()), style)
    root = ElementTree.fromstring(svg)

    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "pattern", "path", "rect", "g", "text",
    }  # fmt: skip
    assert all(text.replace("\u200d", "").isprintable() for text in texts_of(svg))


def test_a_title_that_no_font_table_knows_is_told_its_width() -> None:
    """A text with characters of unknown width gets a textLength; one in Latin letters does not."""
    spec = "name: x\ntitle: {}\ninput: [3, 32, 32]\nblocks: [[conv3-8]]\n"

    assert "textLength" in draw((report_from(spec.format("漢字")),))
    assert "textLength" not in draw((report_from(spec.format("Réseau")),), DrawOptions())
