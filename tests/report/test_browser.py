"""The report page in a real Chromium: its figures under every switch, its tables, its looks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.branching import Builder
from tests.draw.pictures import TINY, report_from
from tests.networks import report_of
from tests.report.browser import chromium, screen
from tests.report.test_page import HOSTILE
from vggstat import analyze, to_dict
from vggstat.cost.report import analyze as analyze_graph
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.other import Other
from vggstat.render.report_page import ReportContent, report_page
from vggstat.units import grouped, mebi, mega

pytestmark = pytest.mark.browser

NAMES = ("D", "B-BN", "AlexNet")


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser."""
    found = chromium(tmp_path_factory.mktemp("profile"))
    yield found
    found.quit()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of three networks; AlexNet's own input is 227×227."""
    target = tmp_path_factory.mktemp("page") / "report.html"
    page = report_page(ReportContent(reports=tuple(report_of(name) for name in NAMES)))
    target.write_text(page, encoding="utf-8")
    return target


@pytest.fixture
def page(driver: Any, path: Path) -> Any:
    """The page, freshly loaded at 1280 pixels in light colours."""
    screen(driver, 1280)
    driver.get(path.as_uri())
    return driver


def choose(page: Any, **values: str) -> None:
    """Sets switches as a person does: the value, then the event."""
    page.execute_script(
        """
        const form = document.getElementById("switches");
        for (const [name, value] of Object.entries(arguments[0])) form.elements[name].value = value;
        form.dispatchEvent(new Event("input", { bubbles: true }));
        """,
        values,
    )


def cells(page: Any) -> dict[str, str]:
    """Every switched figure on the page: ``network/row/figure`` -> text; hidden rows left out."""
    found: dict[str, str] = page.execute_script(
        """
        const found = {};
        for (const cell of document.querySelectorAll("td[data-fig]")) {
          const row = cell.closest("[data-row]");
          if (row && row.hidden) continue;
          const table = cell.closest("table").id.replace(/-\\d+$/, "");
          const spec = cell.closest("[data-spec]").dataset.spec;
          found[[spec, table, row ? row.dataset.row : "", cell.dataset.fig].join("/")] = cell.textContent;
        }
        return found;
        """
    )
    return found


def expected(spec: int, data: dict[str, Any], ops: str, bias: str, unit: str) -> dict[str, str]:
    """What the cells have to say, from what ``vggstat.to_dict`` says."""
    size = mega if unit == "MB" else mebi

    def count(number: int | None) -> str:
        return grouped(number) if number else "–"

    found: dict[str, str] = {}
    for row in data["rows"]:
        field = (
            ""
            if row["kind"] == "input"
            else grouped(row["receptive_field"])
            if row["receptive_field"]
            else "all"
        )
        channels, *sides = row["output_shape"]
        at = f"{spec}/layers/{row['name']}"
        found |= {
            f"{at}/output": "×".join(map(str, (*sides, channels))),
            f"{at}/field": field,
            f"{at}/params": count(row[bias]),
            f"{at}/ops": count(row[ops]),
            f"{at}/values": count(row["output_values"]),
            f"{at}/bytes": size(row["output_bytes"]),
        }
    totals = data["totals"]
    memory = {**data["memory"], **data["tools"]["memory"]}
    channels, height, width = data["workload"]["input"]
    found |= {
        f"{spec}/layers//params": grouped(totals[bias]),
        f"{spec}/layers//ops": grouped(totals[ops]),
        f"{spec}/layers//values": grouped(totals["output_values"]),
        f"{spec}/layers//bytes": size(totals["output_bytes"]),
        f"{spec}/totals//image": f"{height}×{width}×{channels}",
        f"{spec}/totals//params": grouped(totals[bias]),
        f"{spec}/totals//param_bytes": size(totals["param_bytes"]),
        f"{spec}/totals//ops": grouped(totals[ops]),
        f"{spec}/totals//training_flops": grouped(totals["training_flops"]),
    }
    for name in ("outputs", "saved", "inference-peak", "training-peak"):
        found[f"{spec}/totals//memory:{name}"] = size(memory[name])
    found |= {f"{spec}/memory//memory:{name}": size(value) for name, value in memory.items()}
    left = data["tools"]["operations_not_counted"]
    found |= {
        f"{spec}/rules//tool:{name}": f"{grouped(left[name]['known'])} + ?"
        if value is None
        else grouped(value)
        for name, value in data["tools"]["operations"].items()
    }
    return found


@pytest.mark.parametrize(
    ("ops", "bias", "unit", "batch", "size"),
    [
        ("macs", "params", "MB", "1", "given"),
        ("flops", "weights", "MiB", "1", "given"),
        ("flops", "params", "MB", "64", "384"),
        ("macs", "weights", "MiB", "256", "512"),
        ("macs", "params", "MB", "32", "224"),
        ("flops", "params", "MiB", "2", "256"),
    ],
)
def test_the_figures_are_the_commands_figures(
    page: Any, ops: str, bias: str, unit: str, batch: str, size: str
) -> None:
    """Under any setting of the switches every cell of every table is what ``to_dict`` says, to the digit."""
    choose(page, ops=ops, bias=bias, unit=unit, batch=batch, size=size)
    image = None if size == "given" else size
    wanted: dict[str, str] = {}
    for spec, name in enumerate(NAMES):
        wanted |= expected(spec, to_dict(analyze(name, image=image, batch=int(batch))), ops, bias, unit)

    assert cells(page) == wanted


def test_the_script_changes_nothing_by_itself(page: Any, path: Path) -> None:
    """The cells after loading are the ones that were written into the page: both come from one convention."""
    shown = cells(page)
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page.get(path.as_uri())
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert cells(page) == shown
    assert page.execute_script("return document.documentElement.dataset.ready === undefined")


def test_it_loads_without_an_error_and_without_a_request(driver: Any, path: Path) -> None:
    """Nothing on the console; the only things loaded are the file itself and the empty icon."""
    driver.get_log("browser")
    driver.get_log("performance")
    driver.get(path.as_uri())
    choose(driver, ops="flops", size="512")
    console = driver.get_log("browser")
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    requests = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]

    assert console == []
    assert {url for url in requests if not url.startswith("data:")} == {path.as_uri()}


def column(page: Any, table: str, number: int) -> list[str]:
    """The texts of a column, of the rows that are shown."""
    found: list[str] = page.execute_script(
        "return [...document.getElementById(arguments[0]).tBodies[0].rows].filter((row) => !row.hidden)"
        ".map((row) => row.cells[arguments[1]].textContent)",
        table,
        number,
    )
    return found


def sort(page: Any, table: str, number: int) -> str:
    """Clicks on a heading; what the heading says about the order then."""
    heading = page.find_elements("css selector", f"#{table} thead th")[number]
    page.execute_script("arguments[0].querySelector('button').click()", heading)
    state: str = heading.get_attribute("aria-sort")
    return state


def test_tables_are_sorted_by_value(page: Any) -> None:
    """Largest first, then smallest first, then as before; layers without the figure stay last."""
    before = column(page, "layers-0", 1)
    states = [sort(page, "layers-0", 6)]
    largest = column(page, "layers-0", 1)[:3]
    states.append(sort(page, "layers-0", 6))
    smallest = column(page, "layers-0", 1)[0]
    states.append(sort(page, "layers-0", 6))

    assert states == ["descending", "ascending", "none"]
    assert largest == ["fc1", "fc2", "predictions"]
    assert smallest in ("input", "block1_pool", "block2_pool")
    assert column(page, "layers-0", 1) == before


def test_maps_are_sorted_by_their_values(page: Any) -> None:
    """224×224×64 before 112×112×128, whatever their first digits; names by their numbers."""
    sort(page, "layers-0", 4)

    assert column(page, "layers-0", 4)[:3] == ["224×224×64", "224×224×64", "112×112×128"]


def test_tables_are_filtered(page: Any) -> None:
    """By words and by kind; the totals stay those of all layers, and the page says so."""
    tools = page.find_element("css selector", "#net-0 .tools")
    tools.find_element("css selector", "input").send_keys("block3")
    words = column(page, "layers-0", 1)
    page.execute_script(
        "const select = arguments[0].querySelector('select'); select.value = 'pool';"
        "select.dispatchEvent(new Event('input', { bubbles: true }))",
        tools,
    )

    assert words == ["block3_conv1", "block3_conv2", "block3_conv3", "block3_pool"]
    assert column(page, "layers-0", 1) == ["block3_pool"]
    assert tools.find_element("css selector", "output").text == "1 of 22 rows; totals are of all"


def test_a_size_that_cannot_be_run_says_why(driver: Any, tmp_path: Path) -> None:
    """No figures, and the reason, where a network cannot take the chosen input."""
    text = TINY.replace("[3, 32, 32]", "[3, 500, 500]") + "head: conv\n"
    path = tmp_path / "r.html"
    path.write_text(report_page(ReportContent(reports=(report_from(text),))), encoding="utf-8")
    driver.get(path.as_uri())
    choose(driver, size="224")
    reason = driver.find_element("css selector", "[data-reason]").text

    assert reason.startswith("No figures at this input: ")
    assert set(cells(driver).values()) == {"–"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_switch(page: Any, scheme: str) -> None:
    """Light or dark as the system is; the switch overrules it; drawings go along."""

    def lightness(selector: str, key: str) -> bool:
        colour = page.execute_script(
            "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", selector, key
        )
        return sum(int(part) for part in colour[4:-1].split(",")[:3]) > 382

    screen(page, 1280, scheme)
    other = "dark" if scheme == "light" else "light"
    pages, drawings = [], []
    for theme in ("", other):
        choose(page, theme=theme)
        pages.append(lightness("body", "backgroundColor"))
        drawings.append(lightness(".drawing .v-paper", "fill"))

    assert pages == drawings == [scheme == "light", scheme != "light"]


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(page: Any, width: int) -> None:
    """Tables and drawings scroll by themselves; the page does not scroll sideways."""
    screen(page, width)

    assert page.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_labels_of_charts_never_overlap(page: Any, width: int) -> None:
    """In no chart do the boxes of two texts share more than a pixel."""
    screen(page, width)
    page.refresh()
    overlaps = page.execute_script(
        """
        const found = [];
        for (const svg of document.querySelectorAll(".charts svg, .landscape svg")) {
          const texts = [...svg.querySelectorAll("text")];
          const boxes = texts.map((text) => [text.textContent, text.getBoundingClientRect()]);
          boxes.forEach(([one, a], at) => {
            for (const [other, b] of boxes.slice(0, at)) {
              const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
              const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
              if (across > 1 && down > 2) found.push([svg.getAttribute("aria-label").slice(0, 40), one, other]);
            }
          });
        }
        return found;
        """
    )

    assert overlaps == []


def test_charts_are_read_by_keyboard(page: Any) -> None:
    """A chart takes the focus; arrow keys step through its bars, and each is said and shown."""
    from selenium.webdriver.common.keys import Keys

    chart = page.find_element("css selector", "#net-0 [data-chart=params] svg")
    page.execute_script("arguments[0].focus()", chart)
    chart.send_keys(Keys.END)
    chart.send_keys(Keys.ARROW_UP)
    tip = page.find_element("id", "tip")
    shown = (tip.is_displayed(), tip.text)
    chart.send_keys(Keys.ESCAPE)

    assert shown == (True, "fc2 (FC-4096): 16,781,312 parameters")
    assert page.find_element("id", "said").get_attribute("textContent") == shown[1]
    assert not tip.is_displayed()


def test_everything_has_a_name_for_screen_readers(page: Any) -> None:
    """Tables have captions and scoped headings; charts, drawings and fields have labels; ids are unique."""
    faults = page.execute_script(
        """
        const all = (selector) => [...document.querySelectorAll(selector)];
        const ids = all("[id]").map((element) => element.id);
        return {
          tables: all("table").filter((table) => !table.caption && !table.parentElement.ariaLabel).length,
          headings: all("table th:not([scope])").length,
          pictures: all("svg[role=img]").filter((svg) =>
            !svg.getAttribute("aria-label") && !svg.getAttribute("aria-labelledby")).length,
          bare: all("main svg:not([role])").length,
          fields: all("input, select").filter((field) => !field.labels.length).length,
          ids: ids.length - new Set(ids).size,
          links: all("a[href^='#']").filter((link) => !document.querySelector(link.getAttribute("href"))).length,
          language: document.documentElement.lang === "en" ? 0 : 1,
        };
        """
    )

    assert set(faults.values()) == {0}, faults


def test_in_print_there_are_no_controls(page: Any) -> None:
    """Switches, filters and links go; tables and charts stay; colours are light."""
    choose(page, theme="dark")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = page.execute_script(
        """
        const height = (selector) => document.querySelector(selector).getBoundingClientRect().height > 0;
        return [height("#switches"), height("nav"), height(".tools"), height("#layers-0"), height(".charts svg"),
                getComputedStyle(document.body).backgroundColor];
        """
    )
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    assert shown == [False, False, False, True, True, "rgb(255, 255, 255)"]


def test_hostile_words_stay_text_in_the_browser(driver: Any, tmp_path: Path) -> None:
    """Nothing runs, nothing is loaded, and the words are read as they were written."""
    text = TINY + f"title: {json.dumps(HOSTILE)}\nsource: {json.dumps(HOSTILE)}\n"
    path = tmp_path / "r.html"
    path.write_text(report_page(ReportContent(reports=(report_from(text),))), encoding="utf-8")
    driver.get(path.as_uri())

    assert driver.execute_script("return document.querySelectorAll('img, script').length") == 2
    assert driver.find_element("css selector", "h1").text == HOSTILE
    assert driver.execute_script("return document.documentElement.dataset.ready") == "yes"


def test_what_is_not_known_of_a_model_is_a_question_mark(driver: Any, tmp_path: Path) -> None:
    """A convolution and an operation that nobody knows: sums show their known part, under every switch, and no dash."""
    builder = Builder((4, 8, 8))
    value = builder.put(Conv(filters=4), 0)
    builder.put(Other(operation="roll", makes=(4, 8, 8)), value)
    target = tmp_path / "model.html"
    report = analyze_graph(builder.graph().replace(head=None))
    target.write_text(report_page(ReportContent(reports=(report,))), encoding="utf-8")
    driver.get(target.as_uri())
    macs = 4 * 4 * 3 * 3 * 8 * 8

    shown = cells(driver)
    assert shown["0/layers//ops"] == shown["0/rules//tool:macs"] == f"{grouped(macs)} + ?"
    assert [shown[f"0/layers/{name}/ops"] for name in ("conv1", "other2")] == [grouped(macs), "?"]
    assert shown["0/memory//memory:inference-peak"] == "?"
    choose(driver, batch="4", ops="flops")
    shown = cells(driver)
    assert shown["0/layers//ops"] == f"{grouped(4 * 2 * macs)} + ?"
    assert shown["0/layers/other2/field"] == "?"
