"""The specs that ship: what they hold, how they are named and where they are found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.networks import PAPER, SHIPPED
from vggstat.errors import UsageError
from vggstat.net.ops import fold
from vggstat.net.spec import Step, items_of
from vggstat.sources.spec import aliases, find, load, names
from vggstat.sources.spec.language import QUANTITIES
from vggstat.sources.spec.library import families

ROOT = Path(__file__).parents[2]


LAYERS = {"A": 11, "A-LRN": 11, "B": 13, "C": 16, "D": 16, "E": 19}


def words(steps: Iterable[Step]) -> list[str]:
    """The items in the notation of Table 1."""
    short = {"conv": "conv{kernel}-{filters}", "fc": "FC-{features}"}
    return [short.get(item.kind.name, item.kind.name).format(**item.written) for item in items_of(steps)]


def test_what_ships() -> None:
    """The paper's six columns, four with batch norm, and nine other families; each network once."""
    assert sorted(names()) == sorted(SHIPPED)
    assert families()["VGG"] == ("A", "A-BN", "A-LRN", "B", "B-BN", "C", "D", "D-BN", "E", "E-BN")
    assert families()["ResNet"] == ("ResNet-18", "ResNet-34", "ResNet-50", "ResNet-101", "ResNet-152")
    assert list(families()) == [
        *("VGG", "AlexNet", "DenseNet", "EfficientNet", "Inception", "LeNet", "MobileNet", "ResNet"),
        *("SqueezeNet", "U-Net"),
    ]


@pytest.mark.parametrize("name", names())
def test_a_specs_name_is_its_files(name: str) -> None:
    """So that a name is found without opening a file."""
    assert load(name).name == name == Path(find(name)).stem


@pytest.mark.parametrize("name", names())
def test_aliases_are_found_as_the_reader_reads_them(name: str) -> None:
    """The search for ``aliases:`` in the text finds exactly what the YAML says."""
    assert set(load(name).aliases) == {alias for alias, target in aliases().items() if target == name}


def test_no_two_specs_share_a_name() -> None:
    """Names and aliases, folded, are unique."""
    every = [fold(name) for name in (*names(), *aliases())]

    assert len(every) == len(set(every))


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("d", "D"), ("vgg16", "D"), ("VGG-16", "D"), ("vgg_16", "D"), ("VGG16", "D"), ("vgg11", "A"),
        ("vgg11-lrn", "A-LRN"), ("a_lrn", "A-LRN"), ("vgg13", "B"), ("vgg16-1x1", "C"), ("vgg19", "E"),
        ("vgg11_bn", "A-BN"), ("vgg13-bn", "B-BN"), ("VGG16_BN", "D-BN"), ("vgg19bn", "E-BN"),
        ("e-bn", "E-BN"), ("alexnet", "AlexNet"), ("Alex-Net", "AlexNet"),
        ("resnet50", "ResNet-50"), ("ResNet-50", "ResNet-50"), ("resnet_18", "ResNet-18"), ("googlenet", "GoogLeNet"),
        ("inception_v3", "Inception-v3"), ("InceptionV3", "Inception-v3"), ("mobilenet_v2", "MobileNetV2"),
        ("MobileNet", "MobileNetV1"), ("densenet121", "DenseNet-121"), ("efficientnet_b0", "EfficientNet-B0"),
        ("squeezenet1_1", "SqueezeNet-1.1"), ("lenet", "LeNet-5"), ("unet", "U-Net"), ("U-Net", "U-Net"),
    ],
)  # fmt: skip
def test_names_match_without_regard_to_case_and_dashes(argument: str, name: str) -> None:
    """As people write them."""
    assert load(argument).name == name


@pytest.mark.parametrize(("typed", "meant"), [("vgg15", "vgg1"), ("vgg-116", "vgg16"), ("alexnt", "AlexNet")])
def test_an_unknown_name_gets_the_nearest(typed: str, meant: str) -> None:
    """With where to see all, and how to write a path."""
    with pytest.raises(UsageError, match=f"(?s)did you mean .*{meant}.*vggstat list"):
        find(typed)


@pytest.mark.parametrize("typed", ["", "x" * 10_000, "D@384", "ä", "\0", "D\n"])
def test_strange_names_are_refused_in_one_message(typed: str) -> None:
    """Quoted and shortened."""
    with pytest.raises(UsageError) as caught:
        find(typed)

    assert len(str(caught.value)) < 300
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("name", PAPER)
def test_a_column_of_table_1(name: str) -> None:
    """Weight layers as in the table's head; widths from 64, doubled after each max-pool, up to 512."""
    spec = load(name)
    convs = [word for block in spec.blocks for word in words(block) if word.startswith("conv")]

    assert len(convs) + 3 == LAYERS[name]
    assert words(spec.classifier) == ["FC-4096", "FC-4096", "FC-1000", "softmax"]
    assert (spec.input, spec.head) == ((3, 224, 224), "adaptive")
    assert spec.source == f"Simonyan & Zisserman 2014, Table 1, column {name}"
    for block, width in zip(spec.blocks, (64, 128, 256, 512, 512), strict=True):
        assert {word.split("-")[1] for word in words(block) if word.startswith("conv")} == {str(width)}
        assert words(block)[-1] == "maxpool"


def test_a_lrn_is_a_with_one_lrn() -> None:
    """It stands after the first convolution."""
    a, lrn = load("A"), load("A-LRN")

    assert words(lrn.blocks[0]) == ["conv3-64", "lrn", "maxpool"]
    assert [words(block) for block in a.blocks[1:]] == [words(block) for block in lrn.blocks[1:]]


def test_c_is_d_with_three_1x1_convolutions() -> None:
    """The last convolution of the last three blocks."""
    for number, (c, d) in enumerate(zip(load("C").blocks, load("D").blocks, strict=True)):
        expected = words(d)
        if number >= 2:
            expected[2] = expected[2].replace("conv3", "conv1")

        assert expected == words(c)


@pytest.mark.parametrize("name", ["A", "B", "D", "E"])
def test_a_bn_spec_is_its_column_with_batch_norm(name: str) -> None:
    """After every convolution, whose bias stays; nothing else differs."""
    plain, normed = load(name), load(f"{name}-BN")

    assert [words(block) for block in plain.blocks] == [words(block) for block in normed.blocks]
    assert normed.classifier == plain.classifier
    for item in (item for block in normed.blocks for item in items_of(block)):
        assert (item.written.get("norm") == "batch") == (item.kind.name == "conv")
        assert item.written.get("bias", True)


def test_alexnet_has_60965224_parameters() -> None:
    """By hand, from the fields: the two groups halve the inputs of conv 2, 4 and 5.

    34,944 + 307,456 + 885,120 + 663,936 + 442,624 + 37,752,832 + 16,781,312 + 4,097,000
    """
    spec = load("AlexNet")
    channels, params = 3, []
    for item in (item for block in spec.blocks for item in items_of(block) if item.kind.name == "conv"):
        filters, kernel = item.written["filters"], item.written.get("kernel", 3)
        params.append(kernel**2 * channels // item.written.get("groups", 1) * filters + filters)
        channels = filters
    values = 6 * 6 * channels
    for item in spec.classifier[:3]:
        params.append((values + 1) * item.written["features"])
        values = item.written["features"]

    assert params == [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 4_097_000]
    assert sum(params) == 60_965_224


@pytest.mark.parametrize("name", names())
def test_every_spec_cites_its_sources(name: str) -> None:
    """The network's own, and one for each published figure, with its convention."""
    spec = load(name)

    assert spec.source
    assert spec.published or name == "U-Net"  # whose paper measures segmentations, and states no size
    for entry in spec.published:
        assert entry.source
        assert entry.convention
        assert set(entry.figures) <= set(QUANTITIES)


PAPER_MILLIONS = {"A": "133M", "A-LRN": "133M", "B": "133M", "C": "134M", "D": "138M", "E": "144M"}

SINGLE, LARGE, JITTERED = "S=256, Q=256", "S=384, Q=384", "S in [256;512], Q=384"

# Table 3: the scheme of training and test sizes, then top-1 and top-5 validation error in %.
TABLE_3 = {
    "A": [(SINGLE, "29.6", "10.4")],
    "A-LRN": [(SINGLE, "29.7", "10.5")],
    "B": [(SINGLE, "28.7", "9.9")],
    "C": [(SINGLE, "28.1", "9.4"), (LARGE, "28.1", "9.3"), (JITTERED, "27.3", "8.8")],
    "D": [(SINGLE, "27.0", "8.8"), (LARGE, "26.8", "8.7"), (JITTERED, "25.6", "8.1")],
    "E": [(SINGLE, "27.3", "9.0"), (LARGE, "26.9", "8.7"), (JITTERED, "25.5", "8.0")],
}


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_figures(name: str) -> None:
    """Table 2 in millions, Table 3 with each scheme."""
    published = load(name).published
    millions = [entry.figures["params"] for entry in published if entry.source == "paper, Table 2"]
    errors = [
        (
            entry.convention.removeprefix("one test scale, "),
            entry.figures["top1_error"],
            entry.figures["top5_error"],
        )
        for entry in published
        if entry.source == "paper, Table 3"
    ]

    assert millions == [PAPER_MILLIONS[name]]
    assert errors == TABLE_3[name]


TORCHVISION = {
    "A": ("7.61", "506.84 MB", "69.020", "88.628"),
    "B": ("11.31", "507.545 MB", "69.928", "89.246"),
    "D": ("15.47", "527.796 MB", "71.592", "90.382"),
    "E": ("19.63", "548.051 MB", "72.376", "90.876"),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_figures(name: str) -> None:
    """GFLOPS (which are MACs), file size (which is in MiB) and accuracies of its documentation."""
    figures = {
        quantity: value
        for entry in load(name).published
        if entry.source == "torchvision"
        for quantity, value in entry.figures.items()
    }
    gflops, size, top1, top5 = TORCHVISION[name]

    assert (figures["gflops"], figures["weights_file"]) == (gflops, size)
    assert (figures["top1_accuracy"], figures["top5_accuracy"]) == (top1, top5)


@pytest.mark.parametrize("name", ["D", "E"])
def test_ilsvrc_2014_is_an_ensembles_result(name: str) -> None:
    """7.3 % test error and second place belong to seven nets, and the entry says so."""
    [entry] = [entry for entry in load(name).published if "rank" in entry.figures]

    assert dict(entry.figures) == {"top5_error": "7.3", "rank": "2"}
    assert "ensemble of 7 nets" in entry.convention


def layout(folder: Path, *, checkout: bool, inside: bool) -> Path:
    """A copy of the package with specs beside it (a checkout) or inside it (a wheel), each with a marker."""
    shutil.copytree(
        ROOT / "vggstat", folder / "vggstat", ignore=shutil.ignore_patterns("specs", "__pycache__")
    )
    if checkout:
        (folder / "pyproject.toml").write_text("")
        shutil.copytree(ROOT / "specs", folder / "specs")
    if inside:
        shutil.copytree(ROOT / "specs", folder / "vggstat" / "specs")
    return folder


@pytest.mark.parametrize(
    ("checkout", "inside", "expected"),
    [(True, False, "specs"), (False, True, "vggstat/specs"), (True, True, "specs")],
    ids=["checkout", "wheel", "editable install with a stale copy"],
)
def test_specs_are_found_in_every_kind_of_install(
    tmp_path: Path, checkout: bool, inside: bool, expected: str
) -> None:
    """Beside the package in a checkout, whatever is inside; else inside the package."""
    folder = layout(tmp_path, checkout=checkout, inside=inside)
    code = "from vggstat.sources.spec.library import specs_folder; print(specs_folder())"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )

    assert done.stdout.strip() == str(folder / expected), done.stderr


def test_missing_specs_are_said_plainly(tmp_path: Path) -> None:
    """A broken installation ends in words."""
    folder = layout(tmp_path, checkout=False, inside=False)
    code = (
        "from vggstat.errors import InputError\nfrom vggstat.sources.spec import load\n"
        "try: load('D')\nexcept InputError as error: print(error)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )

    assert "install vggstat again" in done.stdout
