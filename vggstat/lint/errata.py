"""Known errors in circulation: what is printed, where it comes from, what is right.

Data, a source each. ``explain`` consults it first; ``check`` names an entry when a number matches one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vggstat.records import Record

if TYPE_CHECKING:
    from vggstat.lint.numbers import Number


class Erratum(Record):
    """One number that is copied and wrong, or right only under a rule that its copies do not name.

    ``stated`` are the exact numbers that it is seen as (a unit-free integer or a range by ``slack``);
    ``specs`` the shipped specs it is told of, empty for any. ``quantity`` is ``params``, ``operations``,
    ``memory`` or ``values``.
    """

    name: str
    stated: tuple[int, ...]
    slack: int = 0
    quantity: str
    specs: tuple[str, ...]
    title: str
    story: str
    right: str
    source: str
    is_error: bool = True
    """False for a figure that is right for another form of the network than the one that ships."""


ERRATA: Final = (
    Erratum(
        name="cs231n-total",
        stated=(96_000_000, 93_000_000),
        quantity="memory",
        specs=("D",),
        title='the total that the CS231n lecture prints under its VGG-16 table (older copies: "~= 93MB")',
        story="TOTAL memory: 24M * 4 bytes ~= 96MB / image (only forward! ~*2 for bwd)",
        right="the rows of that table add up to 15,237,608 values = 60.95 MB",
        source="CS231n lecture on CNN architectures; cs231n.github.io issue 88, open since 2016",
    ),
    Erratum(
        name="cs231n-values",
        stated=(24_000_000,),
        quantity="values",
        specs=("D",),
        title="the number of values in the total of the CS231n lecture's VGG-16 table",
        story="TOTAL memory: 24M * 4 bytes ~= 96MB / image (only forward! ~*2 for bwd)",
        right="the rows of that table add up to 15,237,608 values",
        source="CS231n lecture on CNN architectures; cs231n.github.io issue 88, open since 2016",
    ),
    Erratum(
        name="keras-vgg19-size",
        stated=(549_000_000,),
        quantity="memory",
        specs=("E",),
        title="the size of VGG19's weights in Keras's table of models",
        story="the table prints 549 MB beside 528 MB for VGG16: both are bytes / 2^20, and the second is rounded up",
        right="574,668,960 B of weights and biases in float32 = 548.05 MiB = 574.67 MB",
        source="Keras Applications, table of available models",
    ),
    Erratum(
        name="missing-conv3-256",
        stated=(13_600_000_000, 13_620_576_256),
        quantity="operations",
        specs=("D",),
        title="VGG-16 with one conv3-256 layer missing",
        story="13.6 G is what D comes to, in MACs, without the third convolution of block 3: "
        "15,470,264,320 − 1,849,688,064 = 13,620,576,256",
        right="15,470,264,320 MACs",
        source="copied in READMEs; the same missing layer stands in huyng/tensorflow-vgg, issues 4 and 18",
    ),
    Erratum(
        name="c-params",
        stated=(134_301_544,),
        quantity="params",
        specs=("C",),
        title="a wrong parameter count of configuration C in circulation",
        story="No layout of Table 1, column C, gives it; its source is not known",
        right="133,638,952 parameters with biases (the paper's 134 million)",
        source="copied in blog posts and READMEs",
    ),
    Erratum(
        name="e-params-of-d",
        stated=(138_000_000, 138_357_544),
        quantity="params",
        specs=("E",),
        title="VGG-16's parameters under the name of VGG-19",
        story="138 million are D's",
        right="143,667,240 parameters with biases (the paper's 144 million)",
        source="copied in blog posts and READMEs",
    ),
    Erratum(
        name="e-params",
        stated=(123_697_896,),
        quantity="params",
        specs=("E",),
        title="a wrong parameter count of VGG-19 in circulation",
        story="No layout of Table 1, column E, gives it; its source is not known",
        right="143,667,240 parameters with biases",
        source="copied in READMEs",
    ),
    Erratum(
        name="d-params-125m",
        stated=(125_000_000,),
        quantity="params",
        specs=("D",),
        title="a wrong parameter count of VGG-16 in circulation",
        story="No layout of Table 1, column D, gives it; its source is not known",
        right="138,357,544 parameters with biases",
        source="copied in blog posts",
    ),
    Erratum(
        name="resnet-50-v1",
        stated=(3_800_000_000, 3_860_000_000, 3_858_000_000, 3_857_973_248),
        quantity="operations",
        specs=("ResNet-50",),
        title="ResNet-50 of its paper, with the stride of a unit in its first 1x1 convolution",
        story="3,857,973,248 MACs: the first 1x1 convolutions of three units see a quarter of the pixels that they see "
        "where the stride is in the 3x3; the paper cuts it to 3.8 x 10^9",
        right="4,089,184,256 MACs with the stride in the 3x3 convolution, as in torchvision",
        source="ResNet paper, Table 1",
        is_error=False,
    ),
    Erratum(
        name="resnet-101-v1",
        stated=(7_600_000_000, 7_570_000_000, 7_570_194_432),
        quantity="operations",
        specs=("ResNet-101",),
        title="ResNet-101 of its paper, with the stride of a unit in its first 1x1 convolution",
        story="7,570,194,432 MACs",
        right="7,801,405,440 MACs with the stride in the 3x3 convolution, as in torchvision",
        source="ResNet paper, Table 1",
        is_error=False,
    ),
    Erratum(
        name="resnet-152-v1",
        stated=(11_300_000_000, 11_280_000_000, 11_282_415_616),
        quantity="operations",
        specs=("ResNet-152",),
        title="ResNet-152 of its paper, with the stride of a unit in its first 1x1 convolution",
        story="11,282,415,616 MACs",
        right="11,513,626,624 MACs with the stride in the 3x3 convolution, as in torchvision",
        source="ResNet paper, Table 1",
        is_error=False,
    ),
    Erratum(
        name="inception-v3-auxiliary",
        stated=(27_161_264, 27_200_000, 27_160_000),
        quantity="params",
        specs=("Inception-v3",),
        title="Inception-v3 with the auxiliary classifier that only helps training",
        story="3,326,696 parameters of the auxiliary classifier + 23,834,568 = 27,161,264",
        right="23,834,568 parameters without it: it is left out in inference",
        source="torchvision, documentation of inception_v3",
        is_error=False,
    ),
    Erratum(
        name="thop-fc-twice",
        stated=(15_607_454_696,),
        quantity="operations",
        specs=("D",),
        title="a count of an old version of thop that takes the FC layers twice",
        story="15.61 G = MACs + bias additions + the FC layers' MACs once more; thop 0.1.1 itself prints 15.470 G",
        right="15,470,264,320 MACs",
        source="thop README (stale)",
    ),
    Erratum(
        name="ptflops-pool-twice",
        stated=(15_523_225_576,),
        quantity="operations",
        specs=("D",),
        title="ptflops's count, which takes ReLU and pooling twice by mistake",
        story="15.52 G = MACs + bias additions + 2 × (ReLU values + max-pool inputs + average-pool inputs)",
        right="15,470,264,320 MACs",
        source="ptflops 0.7.5, pytorch backend; its README",
    ),
)


def is_lecture(entry: Erratum) -> bool:
    """Whether it is about the total under the CS231n lecture's table."""
    return entry.name.startswith("cs231n-")


def errata_of(number: Number, quantity: str, spec: str) -> list[Erratum]:
    """The entries about one kind of figure of one shipped spec that print the number."""
    return [
        entry
        for entry in find_errata(quantity, spec)
        if any(number.admits(stated) for stated in entry.stated)
    ]


def find_errata(quantity: str, spec: str) -> tuple[Erratum, ...]:
    """The entries about one kind of figure of one shipped spec."""
    return tuple(
        entry for entry in ERRATA if entry.quantity == quantity and (not entry.specs or spec in entry.specs)
    )
