"""The pages of ``verify`` and ``identify``, from literal records: no torch is needed to render them."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Golden
from tests.networks import report_of
from vggstat.cost.check import Check, Verdict, Verification, judge, unchecked
from vggstat.render import render
from vggstat.render.page import Page, Target
from vggstat.render.views.verify import verification_page

WHOLE = Verification(
    report=report_of("D"),
    against="a real torch model",
    device="CPU",
    versions={"torch": "2.13.0", "fvcore": "0.1.5"},
    checks=(
        judge("hooks", "output_shape", (64, 224, 224), (64, 224, 224), layer="block1_conv1"),
        judge("hooks", "output_shape", (64, 224, 224), (64, 224, 224), layer="block1_conv2"),
        judge("torch", "weights", 138_344_128, 138_344_128),
        judge("torch", "params", 1_792, 1_792, layer="block1_conv1"),
        judge("fvcore", "operations", 15_470_289_408, 15_470_289_408, convention="fvcore"),
        unchecked("fvcore", "max-pool operations", "not counted there", convention="fvcore"),
        judge("FlopCounterMode", "operations", 30_940_528_639, 30_940_528_640, convention="flops"),
        unchecked("thop", "operations", "not installed"),
        unchecked("ptflops", "operations", "not installed"),
        Check(
            source="forward",
            quantity="fc_as_convolution",
            stated=8e-07,
            computed=1e-05,
            convention="relative L2",
            verdict=Verdict.AGREES,
        ),
    ),
)
FOREIGN = Verification(
    report=report_of("D"),
    against="mynets:VGG16",
    checks=(
        Check(
            source="model",
            quantity="structure",
            layer="block1_conv1",
            stated="conv3-64",
            computed="conv3-64",
            verdict=Verdict.AGREES,
        ),
        Check(
            source="model",
            quantity="structure",
            layer="block3_conv3",
            computed="conv3-256",
            verdict=Verdict.DISAGREES,
            note="missing: conv3-256 (block 3, third)",
        ),
        Check(
            source="model",
            quantity="bias",
            layer="block4_conv1",
            stated=False,
            computed=True,
            verdict=Verdict.DISAGREES,
            note="no bias",
        ),
        judge("torch", "params", 137_766_952, 138_357_544),
    ),
)


OWN = Verification(
    report=report_of("A").replace(
        graph=report_of("A").graph.replace(notes=("Traced on an image of 32×32.",))
    ),
    against="independent counters",
    device="CPU",
    versions={"torch": "2.13.0", "fvcore": "0.1.5"},
    checks=(
        judge("hooks", "output_shape", (64, 32, 32), (64, 32, 32), layer="conv1"),
        unchecked("hooks", "output_shape", "13 layers are functions, which hooks do not see"),
        judge("torch", "frozen", 10, 10),
        unchecked(
            "fvcore",
            "operations",
            "no number is known under this rule for pointwise, attention (blocks.0.attn and 11 more layers of the "
            "encoder)",
            convention="fvcore",
            stated=4_123_456,
        ),
        unchecked("thop", "operations", "not installed"),
        unchecked("ptflops", "operations", "not installed"),
        judge(
            "MemTracker", "inference_peak_bytes", 6, 6, convention="inference-peak as written + parameters"
        ),
        judge("MemTracker", "training_peak_bytes", 7, 8, convention="training-peak as written, plain SGD"),
        judge("MemTracker", "training_peak_bytes", 8, 8, convention="training-peak as written, plain SGD"),
    ),
)


def text(page: Page, width: int = 110) -> str:
    return render(page, "text", Target(width=width))


@pytest.mark.parametrize("width", [80, 110, 160])
def test_of_somebody_elses_model_reasons_stand_under_their_figures(width: int, golden: Golden) -> None:
    """They take the width of the page, and what is to be said of the reading stands before the sums."""
    page = text(verification_page((OWN,)), width)

    assert max(map(len, page.splitlines())) <= width
    golden(f"verification_own_{width}.txt", page)


def test_reasons_are_cells_where_no_person_reads() -> None:
    """In CSV each line has its rule, or why it is unchecked."""
    lines = render(verification_page((OWN,)), "csv", Target()).splitlines()

    assert '?,output shape,forward hooks,,,"13 layers are functions, which hooks do not see"' in lines


def test_nothing_that_agrees_is_no_agreement() -> None:
    """Where all is unchecked, or where the model was not seen, a verification does not agree."""
    rest = OWN.replace(checks=OWN.checks[1:2])

    assert not rest.agrees
    assert not OWN.agrees  # the training peak
    assert OWN.replace(checks=OWN.checks[:3]).agrees
    assert not OWN.replace(checks=OWN.checks[:3], unseen="net.py:3: it depends on values").agrees


def test_a_verification_is_a_line_a_figure(golden: Golden) -> None:
    """Layers that agree are one line, unchecked figures come last, the same reasons on one line."""
    golden("verification.txt", text(verification_page((WHOLE,))))


def test_somebody_elses_model_is_a_line_a_difference(golden: Golden) -> None:
    """What was found and what is specified, with the difference in words."""
    golden("verification_model.txt", text(verification_page((FOREIGN,))))


def test_several_networks_are_a_line_each(golden: Golden) -> None:
    """Of several networks those with differences are shown in full below."""
    golden(
        "verification_several.txt", text(verification_page((WHOLE.replace(checks=WHOLE.checks[:3]), WHOLE)))
    )


def test_the_summary_counts_every_check() -> None:
    """The sums of JSON are those of the records: 6 agree, 1 differs, 3 are unchecked."""
    data = json.loads(render(verification_page((WHOLE,)), "json", Target()))

    assert data["summary"] == {"agrees": 6, "disagrees": 1, "unchecked": 3}
    assert data["specs"][0]["checks"][6]["note"] == "−1"
