"""Every command and style on models in every style: right, clear, and what is not known told as such."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from tests.cli.program import Outcome, run
from tests.measure.traced import NAMES, name_of, report_of, use_traces
from vggstat.cost.accounting import ACCOUNTINGS, find_accounting
from vggstat.cost.counting import COUNTING_RULES, Status
from vggstat.cost.derive import derive_layer
from vggstat.cost.report import Report
from vggstat.render.columns import COLUMNS
from vggstat.render.parts import local_name, shown_scope

FORMATS = ("text", "markdown", "csv", "json", "latex", "html", "rich")
STYLES = ("layers", "blocks", "conventions", "cs231n", "keras", "torch", "slides")
PLOTS = ("memory", "params", "operations", "receptive-field")
DEVICE = ("--device", "h100")


class Program:
    """The program on one model."""

    def __init__(self, style: str, monkeypatch: pytest.MonkeyPatch) -> None:
        use_traces(monkeypatch)
        self.monkeypatch = monkeypatch
        self.name, self.report = name_of(style), report_of(style)

    def __call__(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Outcome:
        """A run that ends with one of these codes, and with a sentence where that is not 0 and shows nothing."""
        found = run(self.monkeypatch, *arguments)
        words = f"vggstat {' '.join(arguments)}: {found.code}, {found.err}"
        assert found.code in codes, words
        assert "fault of vggstat's own" not in found.err, words
        assert "Traceback" not in found.err, words
        assert found.out or found.err.startswith("vggstat: error: "), words
        return found

    def data(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
        return json.loads(self(*arguments, "--format", "json", codes=codes).out)

    def status(self, accounting: str) -> Status:
        return self.report.memory_counted(find_accounting(accounting)).status


@pytest.fixture(params=NAMES)
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Program:
    return Program(request.param, monkeypatch)


def codes_of(program: Program, style: str, memory: str = "outputs") -> tuple[int, ...]:
    """The lecture's listing is of chains, and of sums: of one peak that is not known there are no rows."""
    if style != "cs231n":
        return (0,)
    is_sum = find_accounting(memory).part is not None
    shows = program.report.graph.is_chain and (is_sum or program.status(memory) == "complete")
    return (0,) if shows else (2,)


# every command ------------------------------------------------------------------------------------------------


def test_tables(program: Program) -> None:
    """Each style as text at three widths and as JSON, the first in every format, each column, accounting and rule."""
    for style in STYLES:
        codes = codes_of(program, style)
        for width in ("80", "110", "160"):
            program("table", program.name, "--style", style, "--width", width, codes=codes)
        program("table", program.name, "--style", style, "--format", "json", codes=codes)
    for name in FORMATS:
        program("table", program.name, "--format", name)
        program("table", program.name, "--columns", ",".join(COLUMNS), "--format", name)
    program("table", program.name, "--torch-names")
    for entry in ACCOUNTINGS:
        program("table", program.name, "--memory", entry.name)
        codes = codes_of(program, "cs231n", entry.name)
        outcome = program("table", program.name, "--style", "cs231n", "--memory", entry.name, codes=codes)
        assert bool(outcome.out) == (codes == (0,))
    for rule in COUNTING_RULES:
        program("table", program.name, "--ops", rule.name)


def test_memory_and_fit(program: Program) -> None:
    """What is known is shown with its status; no largest batch is told where the peak is not known."""
    for mode in ("inference", "training"):
        run_as = (program.name, "--mode", mode)
        is_known = program.status(f"{mode}-peak") == "complete"
        for name in FORMATS:
            outcome = program("memory", *run_as, "--format", name, codes=(0,) if is_known else (1,))
            assert outcome.out
        page = program("memory", *run_as, codes=(0,) if is_known else (1,)).out
        fit = program("fit", *run_as, "--memory", "2GiB", codes=(0,) if is_known else (2,))
        assert ("images fit into" in fit.out) == is_known
        if not is_known:
            assert re.search(r"peak +\? +\? +\? +unknown", page)
            assert f"vggstat: error: the peak in {mode} of {program.name} is not known: " in fit.err
            assert f"What is known of its memory: vggstat memory {program.name}" in fit.err
        assert "--head" not in fit.out  # which a model has in its code


def test_bounds_and_explanations(program: Program) -> None:
    """Rooflines of both modes, numbers with and without a meaning, and each layer and scope."""
    for mode in ("inference", "training"):
        for name in ("text", "json"):
            program("roofline", program.name, *DEVICE, "--mode", mode, "--format", name)
    for number in (f"{program.report.total.params:,}", "15.48G", "96MB", "89.4%"):
        for name in ("text", "json"):
            program("explain", number, program.name, "--format", name, codes=(0, 1))
    assert program("explain", f"{program.report.total.params}", program.name).code == 0
    parts = dict.fromkeys(part for row in program.report.rows for part in row.scope)
    for part in (*(row.name for row in program.report.rows), *parts):
        program("explain", program.name, part)
    hidden = next((node for node in program.report.graph.nodes if not node.is_row), None)
    if hidden is not None:
        outcome = program("explain", program.name, hidden.name, codes=(0, 2))
        assert outcome.code == 0 or "has no row of its own" in outcome.err


def test_comparisons(program: Program) -> None:
    """With itself, with another model, with a spec: in each format."""
    for name in FORMATS:
        program("compare", program.name, program.name, "--format", name)
        program("compare", program.name, "styles:residual", "--format", name)
    program("compare", program.name, "LeNet-5", "--width", "80")
    program("compare", "LeNet-5", program.name, "--only-differences")
    assert program.data("compare", program.name, program.name)["same"] is True
    assert program.data("compare", program.name, "LeNet-5")["same"] is False


def test_pictures(program: Program) -> None:
    """Drawings in all styles, plots of all kinds, and the page that has all of it."""
    is_chain = program.report.graph.is_chain
    assert program("draw", program.name).out.startswith("<svg")
    assert program("draw", program.name, "--style", "flow").out.startswith("<svg")
    program("draw", program.name, "--style", "columns", codes=(0,) if is_chain else (2,))
    for kind in PLOTS:
        for name in ("text", "csv", "vega"):
            program("plot", program.name, kind, "--format", name)
    program("plot", program.name, "memory", "--mode", "training")
    program("plot", program.name, "roofline", *DEVICE)
    program("plot", program.name, "styles:residual", "compare")
    program("plot", program.name, "landscape", codes=(2,))
    assert program("report", program.name, "-o", "-").out.startswith("<!DOCTYPE html>")


# what they say ------------------------------------------------------------------------------------------------


def test_rows_add_up(program: Program) -> None:
    """In JSON the rows come to the totals, and to the blocks; what is not known is null, with a status beside it."""
    data = program.data("table", program.name)
    rows, totals = data["rows"], data["totals"]
    for key in ("weights", "biases", "params", "output_values", "output_bytes"):
        assert sum(row[key] for row in rows) == sum(block[key] for block in data["blocks"]) == totals[key]
    unknown = [row["name"] for row in rows if row["macs"] is None]
    assert sum(row["macs"] or 0 for row in rows) == totals["macs_known"]
    assert totals["macs"] == (None if unknown else totals["macs_known"])
    assert [layer["name"] for layer in totals["macs_not_counted"]] == unknown
    assert (totals["macs_status"] == "complete") == (not unknown)
    for block in data["blocks"]:
        assert block["macs_not_counted"] == [name for name in block["layers"] if name in unknown]
    assert totals["training_flops_status"] == ("unknown" if unknown else "complete")


def test_memory_has_a_status(program: Program) -> None:
    """Null in JSON stands for what is not known, under which are its layers, why, and where; or for a refused run."""
    data = program.data("table", program.name)
    for name, size in data["memory"].items():
        left = data["memory_not_counted"].get(name)
        assert (size is None) == (left is not None)
        if left is not None:
            assert left["status"] == ("partial" if left["known"] else "unknown")
            assert all(layer["reason"] for layer in left["layers"])
    assert (data["totals"]["inference_bytes"] is None) == ("inference-peak" in data["memory_not_counted"])


def test_a_table_of_values_adds_up(program: Program) -> None:
    """In CSV each column comes to the total of the report; a figure that is not known is an empty cell."""
    found = program(
        "table", program.name, "--columns", "name,weights,biases,params,macs,output_values", "--format", "csv"
    )
    rows = list(csv.DictReader(io.StringIO(found.out)))
    total = program.report.total
    for key in ("weights", "biases", "params", "output_values"):
        assert sum(int(row[key]) for row in rows) == getattr(total, key)
    assert sum(int(row["macs"] or 0) for row in rows) == total.macs_known
    assert tuple(row["name"] for row in rows if not row["macs"]) == total.macs_not_counted


def test_what_is_not_known_is_a_question_mark(program: Program) -> None:
    """Never 0 and never a dash: in rows, in sums, in shares."""
    page = program("table", program.name, "--columns", "name,macs", "--width", "160").out
    lines = page.split("\n")
    for row in program.report.rows:
        own = local_name(row.name, shown_scope(row)) if len(row.scope) > 1 else row.name
        if row.macs is None:
            assert any(re.fullmatch(rf" *{re.escape(own)} +\?", line) for line in lines)
    total = program.report.total
    if total.macs is None:
        known = f"{total.macs_known:,} + ?" if total.macs_known else "?"
        assert any(line.endswith(f" {known}") for line in lines)
        assert f"{len(total.macs_not_counted)} layer" in page
        assert "Not counted in MACs" in page
    else:
        assert "Not counted in MACs" not in page


def test_no_name_goes(program: Program) -> None:
    """At 80 columns and at 160 each row is still told by its name, under the heads of its scopes."""
    for width in ("80", "160"):
        page = program("table", program.name, "--width", width).out
        for row in program.report.rows:
            own = local_name(row.name, shown_scope(row)) if len(row.scope) > 1 else row.name
            assert re.search(rf"(?m)^.{{0,30}}\b{re.escape(own)}( |$)", page), (own, page)
        slides = program("table", program.name, "--style", "slides", "--width", width).out
        names = [node.name for node in program.report.graph.rows]
        assert program.report.graph.is_chain or all(name in slides for name in names)


def test_derivations_are_true(program: Program) -> None:
    """What is put in comes to the result, and the steps to the row's figures, of every layer."""
    for row in program.report.rows:
        for step in derive_layer(program.report, row.name).steps:
            assert step.value is None or evaluated(step.expression) in (step.value, None), (row.name, step)
            figures = {"parameters": row.params, "MACs": row.macs, "FLOPs": row.flops, "weights": row.weights}
            if step.quantity in figures:
                assert step.value == figures[step.quantity]


def evaluated(words: str) -> int | None:
    """An expression of products and sums, rounded down; None of words."""
    text = words.replace("×", "*").replace("−", "-").replace(",", "").replace("/", "//")
    return eval(text) if re.fullmatch(r"[0-9*+\-/() ]+", text) else None


def test_each_fact_is_told_once(program: Program) -> None:
    """Layers that several totals lack stand in one sentence, and files by their names."""
    for arguments in ((), ("--style", "conventions"), ("--style", "blocks")):
        page = program("table", program.name, *arguments, "--format", "markdown").out
        notes = re.findall(r"Not counted in [^:]+: (.*?)\. (?:No|vggstat|MACs)", page)
        assert len(notes) == len(set(notes))
        assert "/" not in "".join(notes)


def test_keras_parameters_add_up(program: Program) -> None:
    """Rows come to the total, that to trainable ones and others: shared tensors once, unused ones too."""
    page = program("table", program.name, "--style", "keras").out
    rows = [
        int(line.split(")")[-1].split()[0]) for line in page.split("\n") if re.match(r" \S+ \(.*\).*\d", line)
    ]
    total, trainable, rest = (int(found.replace(",", "")) for found in re.findall(r"params: ([\d,]+)", page))

    assert sum(rows) == total == trainable + rest
    assert trainable == program.report.graph.trained_values
    assert "()" not in page  # each layer has a class


def test_pages_hold_the_same_totals(program: Program) -> None:
    """Every format shows the parameters, and MACs with their unknown part."""
    total = program.report.total
    macs = f"{total.macs_known:,}" + ("" if total.macs is not None else " + ?")
    for name in ("text", "markdown", "html", "latex", "rich"):
        page = program("table", program.name, "--format", name).out.replace("{,}", ",")
        assert f"{total.params:,}" in page
        assert macs in page or not total.macs_known


def test_the_page_carries_what_is_known(program: Program) -> None:
    """The report page has a list with the known part where a figure is not known, and the sentences of the table."""
    page = program("report", program.name, "-o", "-").out
    text = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert text is not None
    (spec,) = json.loads(text[1])["specs"]
    given = spec["sizes"]["given"]
    total = program.report.total
    assert given["totals"]["macs"] == ([total.macs_known] if total.macs is None else total.macs)
    for entry in ACCOUNTINGS:
        figure = given["memory"]["1"][entry.name]
        assert isinstance(figure, list) == (program.status(entry.name) != "complete")
    assert "reason" in spec["sizes"]["256"]  # a model is not built at another size
    assert ">256×256</option>" not in page


def test_plots_name_what_is_not_known(program: Program) -> None:
    """Null is not known where a row says so; such rows are told in a sentence."""
    for kind in PLOTS:
        data = program.data("plot", program.name, kind)
        unknown = [row for row in data["rows"] if row.get("not_known")]
        for row in unknown:
            assert all(row[key] is None for key in row["not_known"])
        if unknown:
            assert any("Not counted in" in words for words in data["conventions"])
    report: Report = program.report
    operations = program.data("plot", program.name, "operations")["rows"]
    assert sum(row["operations"] or 0 for row in operations) == report.total.macs_known
