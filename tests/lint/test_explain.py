"""Numbers explained: which quantity, under which convention, gives them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.networks import report_of
from vggstat.cost.derive import derive_layer
from vggstat.errors import UsageError
from vggstat.lint.errata import ERRATA
from vggstat.lint.explain import Explanation, explain_everywhere, explain_number
from vggstat.render.figures import is_lecture_case
from vggstat.render.views.explain import fact_words
from vggstat.sources.spec import names


def explain(number: str, spec: str = "D") -> Explanation:
    return explain_number(number, report_of(spec), report_of)


def found(explanation: Explanation) -> set[str]:
    return {fact_words(match.fact) for match in explanation.matches}


@pytest.mark.parametrize(
    ("number", "what"),
    [
        ("15.48G", {"operations under macs+bias", "operations under torchinfo"}),
        ("15.52G", {"operations under ptflops", "operations under convnet-burden"}),
        ("30.97G", {"operations under calflops"}),
        ("15.61G", {"operations under thop-old"}),
        ("92.65 GFLOPs", {"FLOPs, training step"}),
        ("138,357,544", {"parameters"}),
        ("138.34M params", {"weights"}),
        ("528 MiB", {"parameters' bytes"}),
        ("108.45MB", {"activations, torchinfo"}),
        ("97.41MB", {"activations, cs231n-total"}),
        ("579.72MB", {"peak in inference"}),
        ("2,359,808", {"parameters of block4_conv2", "parameters of block5_conv1"}),
        ("89.4%", {"fc's share of the parameters"}),
        ("74.3%", {"fc1's share of the parameters"}),
        ("16 layers", {"weight layers"}),
    ],
)
def test_what_a_number_is(number: str, what: set[str]) -> None:
    """A number is traced to every quantity that it is at its own precision."""
    assert what <= found(explain(number))


@pytest.mark.parametrize(
    ("number", "spec", "what", "exact"),
    [
        # a VGG without its classifier: Keras's include_top=False prints 14,714,688
        ("14.7M", "D", "parameters of all but the FC layers", 14_714_688),
        ("15.35G", "D", "MACs of all but the FC layers", 15_346_630_656),  # 15,470,264,320 - 123,633,664
        ("123.6M", "D", "parameters of the FC layers", 123_642_856),  # 138,357,544 - 14,714,688
        ("20.02M", "E", "parameters of all but the FC layers", 20_024_384),  # Keras's VGG19 without its top
        ("134.3M", "D", "parameters with 10 classes", 134_301_514),  # 138,357,544 - 990 * 4,097
        ("7.08M", "D", "parameters of block5", 3 * 2_359_808),
        ("2,359,808", "D", "parameters of block5_conv3", 2_359_808),
        ("3.2M", "D", "output values of block1_conv1", 3_211_264),
    ],
)
def test_what_a_part_is(number: str, spec: str, what: str, exact: int) -> None:
    """Trunk, head, blocks, layers, and other numbers of classes."""
    figures = {fact_words(match.fact): match.fact.exact for match in explain(number, spec).matches}

    assert figures.get(what) == exact


def test_the_whole_comes_before_its_parts() -> None:
    """138,344,128 weights before anything of a layer; a vague number is of the whole, where the whole has one like it."""
    levels = [match.level for match in explain("138.3M", "D").matches]

    assert levels[0] == "network"
    assert levels == sorted(levels, key=["network", "part", "classes", "layer"].index)
    assert {match.level for match in explain("15M values", "D").matches} == {"network"}


@pytest.mark.parametrize(
    ("number", "exact"),
    [("138,358M", 138_357_544), ("15,484G", 15_483_821_032), ("138.358M", 138_357_544)],
)
def test_a_comma_is_read_in_one_way_for_each_figure(number: str, exact: int) -> None:
    """138,358M read as 138.358M is 3 ppm off, not 99,900 %."""
    match = explain(number).matches[0]

    assert match.fact.exact == exact
    assert abs(match.off) < Fraction(1, 10_000)
    assert all(abs(other.off) < 1 for other in explain(number).nearest)


def test_without_a_network_all_are_looked_through() -> None:
    """138M is D's parameters with and without biases, and D-BN's; under its name E's is a known error."""
    found = {
        entry.report.name: {fact_words(match.fact) for match in entry.matches}
        for entry in explain_everywhere("138M", map(report_of, names()))
    }

    assert found["D"] == found["D-BN"] == {"parameters", "weights"}
    assert set(found) == {"D", "D-BN", "E"}
    assert not explain_everywhere("17.3G", map(report_of, names()))


CONTAINER_BYTES = 64 * 1024
"""More than a .pth file holds beside its tensors: 54 names and offsets, the files of an archive."""


@pytest.mark.parametrize("spec", names())
def test_every_published_figure_is_explained(spec: str) -> None:
    """Each by its digits; a file by its tensors and what a container adds; else by the registry, which says why."""
    report = report_of(spec)
    for entry in report.graph.spec.published:
        for quantity, text in entry.figures.items():
            if quantity not in ("params", "gflops", "weights_file"):
                continue  # accuracies and ranks are no figures of a graph
            number = f"{text}G" if quantity == "gflops" else text
            if quantity == "weights_file" and not explain(number, spec).errata:
                mebibytes = Fraction(text.removesuffix(" MB"))
                rest = mebibytes * 2**20 - report.file_bytes
                step = Fraction(2**20, 10 ** len(text.removesuffix(" MB").partition(".")[2]))
                assert -step <= rest <= CONTAINER_BYTES + step, (spec, text)
            else:
                assert explain(number, spec).found, (spec, quantity, text)


def test_mebibytes_printed_as_megabytes() -> None:
    """58MB is the outputs in MiB: 60.95 MB is not within its precision, 58.13 MiB is."""
    (match, *_) = (m for m in explain("58MB").matches if fact_words(m.fact) == "activations, outputs")

    assert match.binary


def test_the_lectures_total_is_told_whole() -> None:
    """96MB and 93MB lead to the lecture's total, with the three sums that read as 24M."""
    for number in ("96MB", "93MB", "24M values"):
        explanation = explain(number)

        assert [entry.values for entry in explanation.lecture] == [24_367_000, 24_352_744, 24_485_888]
        assert any(entry.name.startswith("cs231n") for entry in explanation.errata)


def test_known_errors_are_told() -> None:
    """Numbers of the errata registry are found for their network, and not for another."""
    assert [entry.name for entry in explain("13.6G").errata] == ["missing-conv3-256"]
    assert [entry.name for entry in explain("134,301,544", "C").errata] == ["c-params"]
    assert not explain("134,301,544", "D").errata


def test_nothing_found_is_said() -> None:
    """A number that nothing gives has no match, but its nearest with their distance."""
    explanation = explain("17.3G")

    assert not explanation.found
    assert fact_words(explanation.nearest[0].fact).startswith("operations")
    assert all(
        abs(one.off) <= abs(two.off)
        for one, two in zip(explanation.nearest, explanation.nearest[1:], strict=False)
    )


def test_no_number_is_refused() -> None:
    """What is no number is refused with examples of numbers."""
    with pytest.raises(UsageError, match=r"15\.48G"):
        explain("lots")


def test_errata_are_of_networks_that_ship() -> None:
    """Each entry names shipped networks, says what is right, and has a source."""
    shipped = set(names())
    for entry in ERRATA:
        assert shipped.issuperset(entry.specs), entry.name
        assert entry.right, entry.name
        assert entry.source, entry.name


def test_missing_layer_by_arithmetic() -> None:
    """13.6 G is D without one conv3-256: 15,470,264,320 - 1,849,688,064 MACs."""
    entry = next(entry for entry in ERRATA if entry.name == "missing-conv3-256")

    assert 15_470_264_320 - 1_849_688_064 in entry.stated


def test_a_layer_derived() -> None:
    """block5_conv1's figures, step by step."""
    steps = {
        step.quantity: (step.expression, step.value)
        for step in derive_layer(report_of("D"), "block5_conv1").steps
    }

    assert steps["weights"] == ("3 × 3 × 512 × 512", 2_359_296)
    assert steps["parameters"] == ("2,359,296 + 512", 2_359_808)
    assert steps["MACs"] == ("2,359,296 × 14 × 14", 462_422_016)
    assert steps["receptive field"] == ("100 + (3 − 1) × 16", 132)


@pytest.mark.parametrize("spec", ["D", "A-LRN", "D-BN", "AlexNet", "D@384,head=conv", "D@batch=4"])
def test_every_derivation_comes_to_its_result(spec: str) -> None:
    """Each product and sum of every layer's derivation, worked out anew, gives the stated result."""
    report = report_of(spec)
    for row in report.rows:
        for step in derive_layer(report, row.name).steps:
            if step.value is None or step.quantity in ("output height", "output width"):
                continue
            expression = step.expression.replace(",", "").replace("×", "*").replace("−", "-")
            if spec.endswith("batch=4") and step.quantity == "output values":
                assert eval(expression) * 4 == row.output_values
            else:
                assert eval(expression) == step.value, (row.name, step.quantity)


def test_an_unknown_layer_is_refused_with_the_nearest() -> None:
    """A misspelt layer name brings the nearest names."""
    with pytest.raises(UsageError, match="block5_conv1"):
        derive_layer(report_of("D"), "blok5_conv1")


def test_only_the_lectures_network_is_told_of_the_lecture() -> None:
    """E has an entry of its own about bytes (Keras's 549 MB), which says nothing of 24M."""
    assert is_lecture_case(report_of("D"))
    assert not any(is_lecture_case(report_of(name)) for name in names() if name != "D")
    assert explain("549 MB", "E").errata
    assert not explain("549 MB", "E").lecture


def test_the_lecture_is_about_one_image() -> None:
    """With a batch of 32 its rows still add up to those of one image."""
    found = explain_number("96MB", report_of("D@batch=32"), report_of)

    assert found.lecture == explain_number("96MB", report_of("D"), report_of).lecture
    assert found.of_one_image.total.output_values == 15_237_608


def test_figures_of_one_image_are_known_whatever_the_batch() -> None:
    """15.5G is D's MACs for one image, and no known error because the batch is 32."""
    found = explain_number("15.5G", report_of("D@batch=32"), report_of)

    assert found.errata == ()
    assert (found.matches[0].fact.exact, fact_words(found.matches[0].fact)) == (
        15_470_264_320,
        "operations under macs, one image",
    )


@pytest.mark.parametrize("text", ["96 MB/image", "96MB per image", "96 MB / img"])
def test_a_number_said_to_be_of_one_image(text: str) -> None:
    """The lecture's own words: the unit is read."""
    found = explain_number(text, report_of("D"), report_of)

    assert found.lecture
    assert found.stated.text == text


@pytest.mark.parametrize(
    ("text", "unread"), [("528 bananas", "bananas"), ("138Q", "q"), ("1.95M GB", "gb"), ("15.5 GMAC/s", "s")]
)
def test_a_unit_that_is_not_known_is_refused(text: str, unread: str) -> None:
    """The number without its unit would be another number."""
    with pytest.raises(UsageError, match=f"cannot read '{unread}' in"):
        explain_number(text, report_of("D"), report_of)


@pytest.mark.parametrize(
    ("text", "exact"), [("0.138B", 138_344_128), ("15.5B", 15_470_264_320), ("15.5 BFLOPs", 15_470_264_320)]
)
def test_b_is_billions_too(text: str, exact: int) -> None:
    """Of parameters, and in Darknet's unit; bytes stay possible for a bare B."""
    assert explain_number(text, report_of("D"), report_of).matches[0].fact.exact == exact


def test_bytes_of_a_layers_parameters() -> None:
    """fc1 alone: 4 * 102,764,544 = 411,058,176 B."""
    (match,) = explain_number("411MB", report_of("D"), report_of).matches

    assert (match.fact.exact, match.fact.scope.name) == (411_058_176, "fc1")
