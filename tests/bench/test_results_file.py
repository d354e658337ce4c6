"""Results as JSON: what is written comes back, and what is none of ours is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench.literal_results import EAGER, FILE, around
from vggstat.cost.bench_compare import compare_results
from vggstat.cost.bench_json import parse_results, read_results, results_data, results_text
from vggstat.errors import InputError


def test_round_trip() -> None:
    """Reading gives back the very records that were written, raw samples and all."""
    assert parse_results(results_text(FILE), "x.json") == FILE


def test_the_layout_of_issue_5() -> None:
    """The keys that other programs rely on."""
    data = results_data(FILE)
    first = data["results"][0]

    assert data["schema"] == 1
    assert {"environment", "results"} <= set(data)
    assert {
        "spec", "device", "dtype", "batch", "mode", "execution", "samples_s", "median_s", "interval_s",
        "images_per_s", "tflops", "layers", "memory",
    } <= set(first)  # fmt: skip
    assert {"name", "median_s", "bound_s"} <= set(first["layers"][0])
    assert {"predicted_bytes", "requested_peak_bytes", "workspace_bytes"} <= set(first["memory"])
    assert first["images_per_s"] == pytest.approx(256 / first["median_s"])
    assert first["memory"]["unexplained_bytes"] == 0


def test_derived_figures_are_computed_anew() -> None:
    """A median that somebody changed in the file does not matter: the samples do."""
    data = results_data(FILE)
    data["results"][0]["median_s"] = 1e-9

    assert parse_results(json.dumps(data), "x.json") == FILE


def changed(**changes: Any) -> str:
    data = results_data(FILE)
    for path, value in changes.items():
        at: Any = data
        *steps, last = path.split("__")
        for step in steps:
            at = at[int(step)] if step.isdigit() else at[step]
        at[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (results_text(FILE)[:3000], "it ends in the middle: was it cut off"),
        ("", "was it cut off"),
        ("name: D\ninput: [3, 224, 224]\n", "is it a file that `vggstat bench --save` wrote"),
        ("not json }", "is it a file that"),
        ("[]", "expected an object"),
        ("{}", "holds no benchmark results"),
        ('{"schema": 1, "results": 3}', "results: expected a list, got a whole number"),
        (changed(schema=2), "is of schema 2, and this vggstat reads schema 1: update vggstat"),
        (changed(schema=0), "measure again"),
        (changed(schema="1"), "schema: expected a whole number"),
        (changed(results__0__batch="many"), r"results\[0\].batch: expected a whole number, got a text"),
        (
            changed(results__0__samples_s=[1, -1]),
            r"results\[0\].samples_s\[1\]: expected a number >= 0",
        ),
        (changed(results__0__samples_s=[]), "is empty, and there is no error"),
        (changed(results__0__samples_s=[0, 0]), "expected times above 0"),
        (changed(results__0__execution="magic"), r"results\[0\].execution: 'magic' is none of the words"),
        (changed(results__0__layers__1__limit="luck"), r"results\[0\].layers\[1\].limit"),
        (changed(results__0__memory__predicted_bytes=1.5), r"results\[0\].memory.predicted_bytes"),
        (
            changed(ceilings__0__copy_samples_s=[]),
            r"ceilings\[0\].copy_samples_s: expected a list of length >= 1",
        ),
        ("[" * 100_000, "the file: expected an object, got a list"),
        ('{"schema": 1, "results": ' + "[" * 100_000, "nested too deeply|cut off"),
        ('{"schema": 1, "environment": {"settings": ' + '{"a": ' * 100_000, "nested too deeply|cut off"),
        (results_text(FILE).replace('"batch": 256', '"batch": NaN', 1), r"line \d+, column \d+"),
        (results_text(FILE).replace('"power_limit_w": 700.0', '"power_limit_w": 1e999', 1), "power_limit_w"),
        (results_text(FILE).replace('"memory_bytes": ', '"memory_bytes": 1' + "0" * 30, 1), "memory_bytes"),
        (changed(results__0__input=[]), r"results\[0\].input: expected a list of length >= 1"),
        (changed(results__0__input=[3, 0, 224]), r"results\[0\].input\[1\]: expected a whole number >= 1"),
        (changed(results__0__batch=0), r"results\[0\].batch: expected a whole number >= 1"),
        (changed(results__0__batch=True), r"results\[0\].batch: expected a whole number, got true or false"),
        (changed(results__0__dtype="float7"), r"results\[0\].dtype: "),
        (changed(results__0__mode="dreaming"), r"results\[0\].mode: 'dreaming' is none of the words"),
        (
            changed(results__0__layers__1__samples_s=[]),
            r"results\[0\].layers\[1\].samples_s: expected a list of len",
        ),
        (changed(results__0__layers__1__name=None), r"layers\[1\].name: expected a text, got null"),
        (changed(results__0__telemetry__clock_mhz=[1]), r"telemetry.clock_mhz: expected a list of length 2"),
        (changed(ceilings__0__matmul_n=0), r"ceilings\[0\].matmul_n"),
    ],
)
def test_bad_files(text: str, message: str) -> None:
    """Each names the file, the place and what was expected."""
    with pytest.raises(InputError, match=message) as caught:
        parse_results(text, "x.json")

    assert "x.json" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a directory, and bytes that are no text."""
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.json", tmp_path, tmp_path / "bytes.json"):
        with pytest.raises(InputError, match=r"cannot read|no such file|a directory, not a file of results"):
            read_results(str(path))


def test_comparison() -> None:
    """10 % more time is slower; the same samples are no difference; what one file lacks is named."""
    slower = EAGER.replace(samples_s=around(7.2e-3 * 1.1))
    other = FILE.replace(results=(slower, FILE.results[1]))
    found = compare_results(FILE, other)

    assert [pair.verdict for pair in found.pairs] == ["slower", "no difference"]
    assert found.pairs[0].ratio is not None
    assert found.pairs[0].ratio.value == pytest.approx(1.1)
    assert (found.pairs[0].is_over(0.05), found.pairs[0].is_over(0.15)) == (True, False)
    assert [result.execution for result in found.only_first] == ["compiled+graph", "eager"]


def test_nothing_in_common() -> None:
    """Another batch is another configuration."""
    with pytest.raises(InputError, match="no configuration in common"):
        compare_results(FILE, FILE.replace(results=(EAGER.replace(batch=1),)))
