"""What the commands print, one case a golden file; and that printed columns add up to printed totals."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest

from tests.cli.program import run
from tests.networks import SHIPPED
from vggstat.render import format_names
from vggstat.render.styles import style_names

Golden = Callable[[str, str], None]

CASES = {
    "table-d.txt": "table D",
    "table-d-60.txt": "table D --width 60",
    "table-d-80.txt": "table D --width 80",
    "table-d-160.txt": "table D --width 160",
    "table-d.md": "table D --format markdown",
    "table-d.csv": "table D --format csv",
    "table-d.json": "table D --format json",
    "table-d.tex": "table D --format latex",
    "table-d.html": "table D --format html",
    "table-a-lrn.txt": "table A-LRN",
    "table-d-bn.txt": "table D-BN",
    "table-alexnet.txt": "table AlexNet",
    "table-d-384-conv.txt": "table D@384 --head conv",
    "table-d-256-flatten.txt": "table D --input 256 --head flatten",
    "table-d-384.txt": "table D@384",
    "table-d-gap-bf16-batch.txt": "table D@head=gap,bf16,batch=32",
    "table-d-no-top.txt": "table D --no-top",
    "table-d-fvcore.txt": "table D --ops fvcore",
    "table-a-lrn-thop-old.txt": "table A-LRN --ops thop-old",
    "table-d-saved.txt": "table D --memory saved",
    "table-d-inference-peak.csv": "table D --memory inference-peak --format csv",
    "table-d-columns.txt": "table D --columns name,kind,output,effective_stride,flops",
    "table-d-torch-names.txt": "table D --torch-names",
    "table-d-by-block.txt": "table D --by block",
    "table-resnet-18-100.txt": "table ResNet-18 --width 100",
    "table-googlenet.md": "table GoogLeNet --format markdown",
    "keras-resnet-18.txt": "table ResNet-18 --style keras",
    "torch-googlenet.txt": "table GoogLeNet --style torch",
    "compare-resnet-18-34.txt": "compare ResNet-18 ResNet-34 --only-differences",
    "explain-googlenet-concat.txt": "explain GoogLeNet inception_3a_concat",
    "explain-resnet-50-unit.txt": "explain ResNet-50 block3_unit1",
    "explain-googlenet-branch.csv": "explain GoogLeNet inception_3a_branch2 --format csv",
    "explain-resnet-50-3.8g.txt": "explain 3.8G ResNet-50",
    "conventions-d.txt": "table D --style conventions",
    "conventions-a-lrn.txt": "table A-LRN --style conventions",
    "cs231n-d.txt": "table D --style cs231n",
    "cs231n-d-total.txt": "table D --style cs231n --memory cs231n-total",
    "cs231n-d-80.txt": "table D --style cs231n --width 80",
    "cs231n-d.md": "table D --style cs231n --format markdown",
    "cs231n-a-lrn.txt": "table A-LRN --style cs231n",
    "cs231n-alexnet.txt": "table AlexNet --style cs231n",
    "cs231n-d-batch.txt": "table D --style cs231n --batch 2",
    "keras-d.txt": "table D --style keras",
    "keras-d.html": "table D --style keras --format html",
    "keras-d-bn.txt": "table D-BN --style keras",
    "torch-d.txt": "table D --style torch",
    "torch-d.csv": "table D --style torch --format csv",
    "torch-alexnet.txt": "table AlexNet --style torch",
    "slides-d.txt": "table D --style slides",
    "slides-d-80.txt": "table D --style slides --width 80",
    "slides-d.tex": "table D --style slides --format latex",
    "compare-d-e.txt": "compare D E",
    "compare-d-e-80.txt": "compare D E --width 80",
    "compare-d-e.md": "compare D E --format markdown",
    "compare-d-e.json": "compare D E --format json",
    "compare-d-e-only.txt": "compare D E --only-differences",
    "compare-a-a-lrn.txt": "compare A A-LRN",
    "compare-c-d.txt": "compare C D",
    "compare-d-d-bn.txt": "compare D D-BN",
    "compare-d-384.txt": "compare D@384 D",
    "compare-d-384.csv": "compare D@384 D --format csv",
    "compare-d-bf16.txt": "compare D@bf16 D --width 90",
    "compare-a-b-c-d-e-80.txt": "compare A B C D E --width 80",
    "compare-d-gap.txt": "compare D@head=gap D",
    "compare-a-b-d-e.txt": "compare A B D E",
    "list.txt": "list",
    "list.csv": "list --format csv",
    "configs.txt": "configs",
    "configs-80.txt": "configs --width 80",
    "configs.md": "configs --format markdown",
    "stack.txt": "stack 3x3 3x3 3x3 --vs 7x7 --channels 256",
    "stack-two.csv": "stack 5x5 --vs 3x3 3x3 --channels 256 --format csv",
    "stack.json": "stack 3x3 3x3 --side 56 --format json",
    "explain-96mb.txt": "explain 96MB D",
    "explain-15.48g.txt": "explain 15.48G D",
    "explain-58mb.txt": "explain 58MB D",
    "explain-58mb.csv": "explain 58MB D --format csv",
    "explain-527.8mib.txt": "explain 527.8MiB D",
    "explain-89.4-percent.txt": "explain 89.4% D",
    "explain-553.43mb.txt": "explain 553.43MB D",
    "explain-13.6g.txt": "explain 13.6G D",
    "explain-15.48g.json": "explain 15.48G D --format json",
    "explain-block5-conv1.txt": "explain D block5_conv1",
    "explain-fc1.md": "explain D fc1 --format markdown",
}


@pytest.mark.parametrize(("name", "command"), CASES.items(), ids=list(CASES))
def test_what_is_printed(name: str, command: str, monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    """A command prints what its golden file shows."""
    outcome = run(monkeypatch, *command.split())

    assert (outcome.err, outcome.code) == ("", 0)
    golden(name, outcome.out)


def numbers(cell: str) -> int:
    return int(cell.replace(",", "")) if re.fullmatch(r"[\d,]+", cell) else 0


@pytest.mark.parametrize("spec", [*SHIPPED, "D@384", "D@head=gap", "D@batch=7,bf16"])
def test_printed_columns_add_up(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each column of figures, read back from the printed text, adds up to the total under it."""
    columns = "weights,biases,params,macs,flops,output_values,output_bytes"
    lines = run(
        monkeypatch, "table", spec, "--columns", f"name,layer,kind,{columns}", "--width", "400"
    ).out.splitlines()
    rule = next(i for i, line in enumerate(lines) if line.strip().startswith("───"))
    head = next(i for i, line in enumerate(lines) if line.split()[:2] == ["name", "layer"])
    # the head of a unit has no figures
    rows = [line.split() for line in lines[head + 1 : rule] if len(line.split()) > 7]
    sums = [sum(numbers(row[-7:][i]) for row in rows) for i in range(7)]

    assert sums == [numbers(cell) for cell in lines[rule + 1].split()[-7:]]


@pytest.mark.parametrize("spec", ["D", "A-LRN", "AlexNet"])
def test_csv_is_raw(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CSV carries raw integers, without the totals that a reader would add up twice."""
    rows = list(csv.DictReader(io.StringIO(run(monkeypatch, "table", spec, "--format", "csv").out)))

    assert all(row["params"].isdigit() and row["output_values"].isdigit() for row in rows)
    assert rows[-1]["name"] == "predictions"


OF_CHAINS = ("A-LRN", "E-BN", "AlexNet", "D@head=none", "D@384,head=conv,batch=2")
BRANCHED = ("ResNet-18", "GoogLeNet", "U-Net", "EfficientNet-B0")


@pytest.mark.parametrize("style", style_names())
@pytest.mark.parametrize("format_name", format_names())
def test_every_style_in_every_format(style: str, format_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No style is missing a format; networks with and without norms, groups and FC layers come in every style and in
    every format, those of a pair different from those of the next."""
    turn = style_names().index(style) + format_names().index(format_name)
    chains = (OF_CHAINS[turn % 5], OF_CHAINS[(turn + 2) % 5])
    branched = () if style == "cs231n" else (BRANCHED[turn % 4], BRANCHED[(turn + 1) % 4])
    for spec in ("D", *chains, *branched):
        outcome = run(monkeypatch, "table", spec, "--style", style, "--format", format_name)

        assert (outcome.err, outcome.code) == ("", 0)
        assert outcome.out.strip()
