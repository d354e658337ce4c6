"""The pages of ``verify`` and ``identify``, from literal records: no torch is needed to render them."""

from __future__ import annotations

import json

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


def text(page: Page) -> str:
    return render(page, "text", Target(width=110))


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
