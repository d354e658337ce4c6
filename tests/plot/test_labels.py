"""Labels in the pictures, measured where they are shown: in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.draw.pictures import THIRTY, TINY, report_from
from tests.networks import SHIPPED, report_of
from tests.plot.test_kinds import LAYERWISE, PLOTS, build
from tests.report.browser import chromium
from vggstat.render.plot import Plot
from vggstat.render.plot.vega import chart

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser."""
    found = chromium(tmp_path_factory.mktemp("profile"))
    yield found
    found.quit()


def overlaps(driver: Any, plot: Plot, folder: Path) -> list[str]:
    """Pairs of texts of a picture whose boxes share more than a pixel."""
    pytest.importorskip("vl_convert")
    from vggstat.render.plot.draw import draw

    path = folder / "plot.svg"
    path.write_bytes(draw(chart(plot), "svg"))
    return meeting(driver, path)


def meeting(driver: Any, path: Path) -> list[str]:
    """Pairs of texts in an SVG file whose boxes share more than a pixel."""
    driver.get(path.as_uri())
    found: list[str] = driver.execute_script(
        """
        const texts = [...document.querySelectorAll("text")].filter((text) => text.textContent.trim());
        const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
        return boxes.flatMap(([one, a], at) => boxes.slice(0, at).filter(([, b]) =>
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2).map(([other]) => `${other} / ${one}`));
        """
    )
    return found


@pytest.mark.parametrize("kind", PLOTS)
def test_no_two_labels_meet(driver: Any, kind: str, tmp_path: Path) -> None:
    """In a picture of every kind the boxes of all texts are apart."""
    assert overlaps(driver, PLOTS[kind], tmp_path) == []


UNLIKE = (
    *("A-LRN", "C", "E", "E-BN", "AlexNet", "LeNet-5", "MobileNetV1"),
    *("ResNet-18", "GoogLeNet", "U-Net"),
)
"""Networks whose bars have other names, numbers or lengths: those of A, B and D are among those of E."""


@pytest.mark.parametrize("kind", [*LAYERWISE, "landscape"])
def test_no_two_labels_meet_with_every_network(driver: Any, kind: str, tmp_path: Path) -> None:
    """Nor with all that look unlike, a tiny one and one of thirty layers; the landscape has every network."""
    extra = (report_from(TINY), report_from(THIRTY))
    names = SHIPPED if kind == "landscape" else UNLIKE

    assert overlaps(driver, build(kind, *map(report_of, names), *extra), tmp_path) == []


@pytest.mark.parametrize("name", [*SHIPPED, "D@bf16,batch=64"])
def test_no_two_names_meet_under_a_roof(driver: Any, name: str, tmp_path: Path) -> None:
    """Layers of about the same intensity are told apart."""
    assert overlaps(driver, build("roofline", report_of(name), device="h200"), tmp_path) == []


def test_meeting_labels_would_be_seen(driver: Any, tmp_path: Path) -> None:
    """The tests above can fail: of three texts the two in one place are named."""
    texts = "".join(
        f'<text x="{x}" y="50">{name}</text>' for x, name in ((10, "one"), (15, "two"), (90, "far"))
    )
    path = tmp_path / "plot.svg"
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="99">{texts}</svg>')

    assert meeting(driver, path) == ["one / two"]
