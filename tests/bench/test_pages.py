"""How results are shown, from literal records: one case a golden file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.bench.literal_results import EAGER, FILE, around
from tests.bench.test_calibrate import file_of, line_of, measured
from vggstat.cost.bench import BenchFile, Parts, Telemetry, Timing, Warned
from vggstat.cost.bench_compare import compare_results
from vggstat.cost.calibrate import calibrate, predict
from vggstat.render import format_names, render
from vggstat.render.measured import digits_for, seconds, significant
from vggstat.render.page import Page, Target
from vggstat.render.views.bench import bench_page
from vggstat.render.views.calibration import calibration_page
from vggstat.render.views.results import results_page
from vggstat.render.views.roofline import roofline_page

Golden = Callable[[str, str], None]


LOADED = "other programs took 85 % of the CPU meanwhile"


def training() -> BenchFile:
    """The literal as a training step: layers in both directions, and a pass that the rows do not fill."""
    layers = tuple(
        layer.replace(
            backward_samples_s=around(2 * layer.median_s),
            backward_bound_s=2 * (layer.bound_s or 0.0),
            backward_flops=2 * (layer.flops or 0),
            backward_bytes=2 * (layer.bytes or 0),
        )
        for layer in EAGER.layers
    )
    step = EAGER.replace(
        mode="training",
        optimizer="momentum",
        samples_s=around(25e-3),
        first_s=None,
        host_samples_s=(),
        parts=Parts(
            forward=Timing(samples_s=around(8e-3)),
            backward=Timing(samples_s=around(15e-3)),
            optimizer=Timing(samples_s=around(2e-3)),
        ),
        layers=layers,
        layers_pass="eager",
        layers_method="the host's clock between groups, caches as the pass leaves them",
    )
    return FILE.replace(results=(step,), interrupted=True)


def compared() -> Page:
    slower = EAGER.replace(
        samples_s=around(7.9e-3), first_s=None, host_samples_s=(), warnings=(Warned("shared", LOADED),)
    )
    other = FILE.replace(
        results=(slower, FILE.results[1]),
        device=FILE.device.replace(versions={"torch": "2.14.0", "cuda": "13.0"}),
    )
    return results_page(compare_results(FILE, other), ("before.json", "after.json"), 0.05)


def of_a_model() -> BenchFile:
    """A training step of somebody's model with two inputs, and a layer that nobody can count."""
    conv, *_ = EAGER.layers
    unknown = conv.replace(
        name="lstm + concat",
        kind="several",
        flops=None,
        bytes=None,
        eager_bytes=None,
        bound_s=None,
        limit=None,
        input_channels=0,
    )
    memory = EAGER.memory.without_prediction("There is no prediction.") if EAGER.memory else None
    result = EAGER.replace(
        spec="my.models:net",
        title="Net",
        image=(1, 16_000),
        further_inputs={"mask": (1, 32, 32)},
        head="",
        classes=None,
        mode="training",
        optimizer="momentum",
        loss="the sum of its 2 outputs",
        channels_last=False,
        flops=None,
        bytes=None,
        fused_bound_s=None,
        eager_bound_s=None,
        layers=(conv, unknown),
        memory=memory,
        predicted_bytes=None,
        note="FLOPs and bound are not known",
    )
    return FILE.replace(results=(result,))


def calibrated() -> Page:
    prediction = predict(line_of("D"), calibrate([file_of("A", "B", "E")], line_of("D")))
    result = measured("D", first=0.12)
    file = file_of("D").replace(results=(result,))
    return bench_page(file, predictions=[(result, prediction)])


PAGES: dict[str, Callable[[], Page]] = {
    "bench": lambda: bench_page(FILE),
    "bench-training": lambda: bench_page(training()),
    "bench-calibrated": calibrated,
    "bench-model": lambda: bench_page(of_a_model()),
    "results": compared,
    "roofline": lambda: roofline_page(line_of("D", 256)),
    "calibration": lambda: calibration_page(
        predict(line_of("D"), calibrate([file_of("A", "B", "E")], line_of("D")))
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_text(name: str, golden: Golden) -> None:
    """At 110 columns each page prints what its golden file shows, and no line is wider."""
    text = render(PAGES[name](), "text", Target(width=110))

    assert max(map(len, text.splitlines())) <= 110
    golden(f"{name}.txt", text)


@pytest.mark.parametrize("name", ["bench", "results"])
@pytest.mark.parametrize("extension", ["md", "csv"])
def test_other_formats(name: str, extension: str, golden: Golden) -> None:
    """Markdown and CSV as for every view; CSV has raw seconds."""
    golden(
        f"{name}.{extension}", render(PAGES[name](), {"md": "markdown"}.get(extension, extension), Target())
    )


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("format_name", format_names())
@pytest.mark.parametrize("width", [60, 200])
def test_every_page_in_every_format(name: str, format_name: str, width: int) -> None:
    """No page is missing a format."""
    assert render(PAGES[name](), format_name, Target(width=width)).strip()


def test_what_is_not_known_is_a_question_mark() -> None:
    """Rates, bounds and sums of a model that cannot be counted; never None, and never 0."""
    text = render(PAGES["bench-model"](), "text", Target(width=110))
    (whole,) = (line for line in text.splitlines() if " eager " in line and "±" in line)
    (lstm,) = (line for line in text.splitlines() if line.lstrip().startswith("lstm + concat"))

    assert "None" not in text
    assert whole.split()[-6:] == lstm.split()[-6:] == ["?"] * 6
    assert "input of 1×16000 values and mask 32×32×1" in " ".join(text.split())
    assert "training step, momentum, by the sum of its 2 outputs" in " ".join(text.split())


def test_the_rows_are_summed() -> None:
    """The printed times of the layers add up to the printed sum, to its rounding."""
    lines = render(PAGES["bench"](), "text", Target(width=110)).splitlines()
    rows = [line.split() for line in lines if line.lstrip().startswith("block1_") and " % " in line]
    total = next(line for line in lines if "sum of the rows" in line)
    times = [float(row[1]) for row in rows if re.fullmatch(r"[\d.]+", row[1])]

    assert sum(times) == pytest.approx(float(total.split()[4]), abs=0.002)


def test_what_rows_leave_over_is_a_row() -> None:
    """The literal's rows take 21.3 of 25 ms: the rest is named, as it is over 3 %."""
    text = render(PAGES["bench-training"](), "text", Target(width=110))

    assert re.search(r"not in any row\s+3\.7", text)
    assert "Interrupted" in text


def test_a_failed_row_says_why() -> None:
    """A configuration that does not fit is a row with the predicted need."""
    assert "needs 120.41 GB by prediction" in render(PAGES["bench"](), "text", Target(width=110))


def test_json_is_the_saved_file() -> None:
    """``--format json`` prints what ``--save`` writes."""
    data = json.loads(render(PAGES["bench"](), "json", Target()))

    assert data["schema"] == 1
    assert len(data["results"]) == 4


def text_of(**changes: object) -> str:
    file = FILE.replace(results=(EAGER.replace(**changes),))
    return " ".join(render(bench_page(file), "text", Target(width=110)).split())


def test_a_doubtful_result_has_no_causes() -> None:
    """One line names its layers and why nothing more is said of them."""
    text = text_of(warnings=(Warned("shared", LOADED),))

    assert (
        "Reached of their bounds: block1_conv2 34 %, block1_conv1 16 %, block1_pool 47 %. No cause is named, as the "
        f"result is doubtful: {LOADED}." in text
    )
    assert "times its ideal traffic" not in text


@pytest.mark.parametrize(
    ("clock", "highest", "reasons", "words"),
    [
        (
            1905,
            1980,
            ("power cap",),
            "under load, 96 % of the highest; power cap reached, not throttled by much.",
        ),
        (1386, 1980, ("power cap",), "under load, 70 % of the highest; throttled (power cap)."),
        (1386, None, (), "under load; whether it was throttled is not known."),
        (None, None, (), "reads nothing"),
    ],
)
def test_the_words_on_the_clock(
    clock: int | None, highest: int | None, reasons: tuple[str, ...], words: str
) -> None:
    """By the rule of the warning, which these files do not have."""
    text = text_of(telemetry=Telemetry(clock_mhz=(300, clock), max_clock_mhz=highest, throttled=reasons))

    assert (words in text) if clock else ("throttled" not in text)


def test_a_launch_bound_run_is_called_so() -> None:
    """7.0 of 7.2 ms are over 0.9."""
    assert "the host launches a run in 6.99" in text_of(host_samples_s=around(7.0e-3))
    assert "launch-bound" in text_of(host_samples_s=around(7.0e-3))
    assert "launch-bound" not in text_of()


def test_the_gain_of_compiling_is_said_where_it_was_measured() -> None:
    """Of the literal once its compiled row is sound: 7.08 - 4.4 ms."""
    sound = FILE.replace(results=tuple(result.replace(warnings=()) for result in FILE.results))
    text = " ".join(render(bench_page(sound), "text", Target(width=110)).split())

    assert "The compiled pass, measured here, takes 2.680 ms less." in text
    assert "measured here" not in text_of()


def test_a_comparison_says_which_side_is_doubtful() -> None:
    """In the table, in words, and in JSON; where none is there is no column."""
    page = compared()
    pairs = json.loads(render(page, "json", Target()))["pairs"]
    text = " ".join(render(page, "text", Target(width=200)).split())
    sound = results_page(compare_results(FILE.replace(results=(EAGER,)), FILE), ("a", "b"), None)

    assert [(pair["first_warnings"], pair["second_warnings"]) for pair in pairs] == [
        ([], [{"code": "shared", "text": LOADED}]),
        ([], []),
    ]
    assert "second: shared" in text
    assert f"warning after.json: D · batch 256 · bfloat16 · inference · eager: {LOADED}." in text
    assert "doubtful" not in render(sound, "text", Target(width=200))


def test_an_empty_file() -> None:
    """Interrupted before the first sample there is still a page."""
    assert "nothing measured" in render(bench_page(FILE.replace(results=())), "text", Target(width=110))


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.0356, 3, "0.0356"),
        (17.25, 3, "17.2"),
        (2039.4, 3, "2,039"),
        (9.996, 3, "10.0"),
        (0, 3, "0"),
        (-1.5, 2, "−1.5"),
    ],
)
def test_significant_digits(value: float, digits: int, expected: str) -> None:
    """Never an exponent, never a digit too many."""
    assert significant(value, digits) == expected


@pytest.mark.parametrize(
    ("half_width", "digits"), [(0, 4), (0.001, 4), (0.004, 4), (0.02, 3), (0.05, 3), (0.2, 2), (2, 2)]
)
def test_no_more_digits_than_the_interval_leaves(half_width: float, digits: int) -> None:
    """At ± 5 % the third digit is the last that means anything."""
    assert digits_for(half_width) == digits


def test_seconds() -> None:
    """In the unit in which they are at least one."""
    assert [seconds(value) for value in (318.4e-6, 24.16e-3, 1.9, 5e-8)] == [
        "318.4 µs", "24.16 ms", "1.900 s", "0.05000 µs",
    ]  # fmt: skip
