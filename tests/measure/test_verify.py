"""``verify`` as a whole: what is told where a model differs, exit codes, JSON, and life without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.networks import report_of
from vggstat.cli.main import main
from vggstat.cost.check import Check, Verdict
from vggstat.measure.module import Network, build_module
from vggstat.measure.verify.counters import flop_counter_mode, hooks, mem_tracker, parameters, saved_tensors
from vggstat.measure.verify.subject import Built, Subject
from vggstat.measure.verify.verify import verify
from vggstat.net import Graph

ROOT = Path(__file__).parents[2]

CHECK_FIELDS = ["source", "quantity", "layer", "stated", "computed", "convention", "verdict", "note"]


def built_from(graph: Graph) -> Callable[..., Network]:
    """A builder that makes the model of another network than the report's."""
    return lambda **settings: build_module(graph, **settings)


def differing(wanted: str, found: str) -> list[Check]:
    subject = Subject(report_of(wanted), Built(built_from(report_of(found).graph)))
    checks = [
        check
        for counter in (hooks, parameters, flop_counter_mode, saved_tensors, mem_tracker)
        for check in counter.count(subject)
    ]
    return [check for check in checks if check.verdict is Verdict.DISAGREES]


def run_cli(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_a_changed_layer_is_named_by_every_counter() -> None:
    """StateDict against C, D's report names block3_conv3: 1x1 there, 3x3 here."""
    checks = differing("D", "C")
    totals = {(check.source, check.quantity): check for check in checks if check.layer is None}

    # 589,824 - 65,536 = 524,288 weights less in block3, and 2,359,296 - 262,144 = 2,097,152 in each of two
    assert totals["torch", "weights"].stated == 138_344_128 - 524_288 - 2 * 2_097_152
    assert totals["torch", "weights"].note.startswith("−4,718,592 (−3.41 %)")
    assert "block3_conv3" in totals["torch", "weights"].note
    assert "block3_conv3" in totals["FlopCounterMode", "operations"].note
    assert "block3_conv3" in totals["FlopCounterMode", "training_operations"].note
    by_layer = {check.layer: check for check in checks if check.quantity == "params" and check.layer}
    assert by_layer["block3_conv3"].note == "weight is 256×256×1×1 where 256×256×3×3 is specified"


def test_an_extra_layer_is_named() -> None:
    """A batch norm that the report does not have is found by shapes and parameters."""
    checks = differing("A", "A-BN")

    assert any("does not have" in check.note for check in checks if check.source == "hooks")
    assert {"weights", "biases", "buffers"} <= {check.quantity for check in checks if check.source == "torch"}
    assert any(check.source == "saved_tensors_hooks" for check in checks)


def test_a_larger_image_moves_the_peak() -> None:
    """A peak that differs says where both stand."""
    checks = differing("A-LRN", "A")
    (peak,) = (check for check in checks if check.quantity == "inference_peak_bytes")

    assert "vggstat's at block1_lrn" in peak.note
    assert "MemTracker's peak stands at block1_" in peak.note


def test_a_counter_that_fails_leaves_its_figure_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's counter that raises is no difference: the reason stands in the note."""

    def fail(_: Subject) -> Any:
        raise RuntimeError("no such luck\nsecond line")

    monkeypatch.setattr("vggstat.measure.verify.counters.fvcore.count", fail)
    found = verify(Subject(report_of("AlexNet")))
    (check,) = (check for check in found.checks if check.source == "fvcore")

    assert check.verdict is Verdict.UNCHECKED
    assert check.note.startswith(f"it failed: {__file__}:")
    assert "RuntimeError: no such luck (" in check.note
    assert found.agrees


def test_a_fault_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch itself has to run the model: an error there is not taken for unchecked."""

    def fail(_: Subject) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr("vggstat.measure.verify.counters.hooks.count", fail)
    with pytest.raises(RuntimeError, match="broken"):
        verify(Subject(report_of("AlexNet")))


def test_json_is_as_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON has the fields of the README, and its summary counts the checks."""
    code, out, _ = run_cli("verify", "AlexNet", "A", "--format", "json", capsys=capsys)
    data = json.loads(out)

    assert code == 0
    assert list(data) == ["schema", "specs", "summary"]
    assert data["schema"] == 1
    assert [spec["spec"] for spec in data["specs"]] == ["AlexNet", "A"]
    checks = [check for spec in data["specs"] for check in spec["checks"]]
    assert all(list(check) == CHECK_FIELDS for check in checks)
    verdicts = [check["verdict"] for check in checks]
    assert data["summary"] == {
        "agrees": verdicts.count("agrees"),
        "disagrees": 0,
        "unchecked": verdicts.count("unchecked"),
    }
    fvcore = {
        "source": "fvcore",
        "quantity": "operations",
        "layer": None,
        "stated": 7_609_115_136,
        "computed": 7_609_115_136,
        "convention": "fvcore",
        "verdict": "agrees",
        "note": "",
    }
    assert fvcore in data["specs"][1]["checks"]
    assert {"torch", "hooks", "FlopCounterMode", "saved_tensors_hooks", "MemTracker"} <= {
        c["source"] for c in checks
    }


def test_the_page_shows_one_line_a_figure(capsys: pytest.CaptureFixture[str]) -> None:
    """At 110 columns every line fits, with a sign and both figures."""
    code, out, _ = run_cli("verify", "A", "--format", "text", "--width", "110", capsys=capsys)

    assert code == 0
    assert max(map(len, out.splitlines())) <= 110
    assert " ✓ output shapes" in out
    assert "132,851,392" in out
    assert "0 differ" in out


def test_a_difference_ends_in_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1 where a figure differs, with the layer and by how much on the page."""
    real = build_module
    graph = report_of("A").graph
    monkeypatch.setattr(
        "vggstat.measure.verify.subject.build_module", lambda _, **settings: real(graph, **settings)
    )
    code, out, _ = run_cli("verify", "B", "--format", "text", "--width", "240", capsys=capsys)

    assert code == 1
    assert "✗" in out
    assert "differs in block1_conv2" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs a SPEC"),
        (["D", "--all"], "not both"),
        (["D", "--device", "cuda:99"], "sees no device"),
        (["D", "--device", "abacus"], "unknown device"),
        (["D@int8"], "no convolutions in int8"),
        (["D", "E", "--against", "c.pth"], "one SPEC"),
        (["D", "--forward", "--against", "c.pth"], "runs nothing"),
        (["D", "--key", "model"], "--key goes with --against"),
        (["D", "--against", "a.b:c", "--key", "model"], "--key goes with a file of weights"),
        (
            ["D", "--against", "c.txt"],
            "expected a model (package.module:factory, file.py:factory), an .onnx file",
        ),
        (["D", "--against", "c.pth"], "there is no such file"),
        (["D", "--against", "tests.measure.nothing:net"], "cannot import tests.measure.nothing"),
        (["tests.measure.sample_models:Other", "--forward"], "is a model: --forward and --device run"),
    ],
)
def test_wrong_use_is_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong use is told in a line on stderr, with nothing on stdout."""
    code, out, err = run_cli("verify", *arguments, capsys=capsys)

    assert (code, out) == (2, "")
    assert message in err


def test_without_torch_it_says_what_to_install() -> None:
    """Where torch is missing: exit code 2, and how to get it."""
    program = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torch" else real(name, package)
from vggstat.cli.main import main
main(["verify", "D"])
"""
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )

    assert result.returncode == 2
    assert result.stdout == ""
    assert "pip install 'vggstat[torch]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_verify_leaves_the_callers_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """Random state, default dtype and gradient mode are as before."""
    torch.manual_seed(11)
    state = torch.get_rng_state()
    run_cli("verify", "AlexNet", "--forward", "--format", "json", capsys=capsys)

    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert torch.backends.mkldnn.enabled
