"""What a reader hands over, and what a judge says of it.

A reader finds numbers and says what each one claims to be; it never decides whether a number is right, which
network is meant, or under which convention. ``ClaimTable`` -> (identify, judge) -> ``Finding``.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

from vggstat.lint.numbers import Expression, Number, Part, claim_parts, clean
from vggstat.lint.place import Place
from vggstat.lint.policy import OPEN, ConventionPolicy
from vggstat.lint.text import Flow
from vggstat.records import Record

Severity = Literal["error", "warning"]

Quantity = Literal[
    # of one layer
    "shape",  # what leaves the layer, with or without the batch: 224x224x64, (None, 224, 224, 64)
    "in_shape",  # what enters it
    "size",  # height x width of what leaves, without channels: 224x224, or one number
    "channels",  # channels of what leaves; the number of filters, of outputs of an FC layer
    "in_channels",  # channels of what enters; the inputs of an FC layer
    "kernel",  # side of the window: 3, 3x3
    "stride",
    "padding",
    "receptive_field",
    "share",  # of the network's parameters, operations or memory, in percent
    # of one layer, or of the network where the row is a network or the cell is a total
    "params",  # learned values, with biases or without: the judge finds out; trainable ones too
    "weights",  # explicitly without biases
    "biases",
    "values",  # values of what leaves (activations); also "memory: 224*224*64=3.2M"
    "memory",  # the same where the unit decides: 12.85 MB are bytes, 3.2M are values
    "ops",  # operations; ``label`` and ``unit`` say which: MACs, FLOPs, mult-adds
    # of the network
    "frozen_params",  # parameters that are not learned (running statistics, frozen layers)
    "trainable_params",
    "param_bytes",  # size of the parameters, of the weights file
    "trainable_bytes",
    "frozen_bytes",
    "input_bytes",  # size of the image
    "pass_bytes",  # "Forward/backward pass size"
    "total_bytes",  # "Estimated Total Size"
    "saved_bytes",  # what training keeps for the backward pass
    "training_bytes",  # what training takes, with the optimizer as the label
    "conv_layers",
    "block_layers",  # conv layers of some blocks; ``label`` says of which: the first and the last, 1-2
    "fc_layers",
    "pool_layers",
    "weight_layers",  # conv + FC
    "classes",
    "figure",  # an exact count without a word of what it is
    "arithmetic",  # an expression with its value that says nothing about a layer or network by itself
]

RowKind = Literal[
    "input", "conv", "pool", "avgpool", "gap", "fc", "bn", "lrn", "relu", "dropout", "flatten", "softmax",
    "zeropad", "network", "other",
]  # fmt: skip

Form = Literal["layers", "networks", "facts", "counts"]
Bound = Literal["", "more", "less"]

QUANTITIES: Final[tuple[str, ...]] = get_args(Quantity)
KINDS: Final[tuple[str, ...]] = get_args(RowKind)


class Cell(Record):
    """One number, shape or expression that claims something.

    ``flow`` holds the claim and nothing else: ``589,824``, ``224*224*64=3.2M``, ``(None, 224, 224, 64)``,
    ``~138M``. A label before it and words after it are left out, a unit is kept where it stands (``528 MB``).
    """

    quantity: Quantity
    flow: Flow
    unit: str = ""
    """The unit that a header gives to a bare number: ``M``, ``MB``, ``G``, ``GFLOPs``."""
    label: str = ""
    """The words that name the quantity, as printed: a header, or the noun of a sentence."""
    hedge: bool = False
    """Whether the words call it approximate (about, roughly, ~)."""
    bound: Bound = ""
    """Whether the words only say that it is more (over 130 million) or less than the number."""
    tied: bool = True
    """Whether the words say that it is the named network's own; a number that is not may be right, never wrong."""
    alone: bool = False
    """Whether it stands outside the table's own convention: judged by itself, against any convention."""

    @property
    def claim(self) -> Flow:
        """The claim without the marks of its format."""
        return clean(self.flow)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The products and numbers around its equals signs, a bare number in the unit of its header."""
        return claim_parts(self.claim.text, self.unit)

    @property
    def numbers(self) -> list[Number]:
        """The numbers that it claims."""
        return [part for part in self.parts if isinstance(part, Number)]

    @property
    def number(self) -> Number | None:
        """The last of them, which is what all the rest comes to."""
        return next((part for part in reversed(self.parts) if isinstance(part, Number)), None)

    @property
    def whole(self) -> int | None:
        """The exact count that it prints last; None where it prints none."""
        number = self.number
        return None if number is None else number.whole

    @property
    def product(self) -> Expression | None:
        """The first product or sum of it."""
        return next((part for part in self.parts if isinstance(part, Expression)), None)


class Row(Record):
    """One layer of a listing, or one network of a comparison."""

    kind: RowKind
    name: str
    """As printed: ``CONV3-64``, ``block1_conv1 (Conv2D)``, ``VGG16``."""
    flow: Flow
    """The text that the row was read from; findings about the row as a whole point at its start."""
    cells: tuple[Cell, ...] = ()
    type: str = ""
    """The class as printed, where the name is not it: ``Conv2D``, ``MaxPool2d``."""
    repeats: int = 1
    """How many equal layers in a row it stands for (``conv3-64 x 2``)."""
    depth: int = -1
    """How deep in a tree of modules it stands, where the listing says so. A row of type ``container`` holds the
    deeper ones after it."""


class Group(Record):
    """A claim about several rows together: the parameters of ``conv3-64 x 2``, of a block, of all FC layers."""

    cell: Cell
    rows: tuple[int, ...]
    """Indexes of the rows that it is the sum of; a row that stands for several layers counts with all of them."""


class ClaimTable(Record):
    """Claims that belong together, in the order of the document.

    ``form``: ``layers``, a row a layer of one network; ``networks``, a row a network (prose too, where it names
    several); ``facts``, claims about a network that ``title`` names, in no order; ``counts``, of what is neither.
    """

    dialect: str
    form: Form
    start: Flow
    """Where it begins, for its line and for findings about the whole."""
    rows: tuple[Row, ...] = ()
    totals: tuple[Cell, ...] = ()
    """Claims about the whole: ``TOTAL params``, ``Trainable params:``, ``Forward/backward pass size (MB)``."""
    groups: tuple[Group, ...] = ()
    """Claims about some of the rows together."""
    title: str = ""
    """Words of the table itself, or of its caption, that may name the network: ``Model: "vgg16"``."""
    gaps: bool = False
    """Whether rows are left out (``...``, a cut text): then no sum and no missing row is judged."""
    params_are: Literal["", "weights", "params"] = ""
    """``weights`` where the document says "not counting biases"."""
    family: str = ""
    """The tool whose rules hold for rows and totals: ``keras``, ``torchsummary``, ``torchinfo``; else empty."""
    context: str = ""
    """Words around it, filled in by the engine: headings, file name."""
    accounting: str = ""
    """The memory accounting that it names itself: ``TOTAL memory: ... / image (netscope)``."""
    policy: ConventionPolicy = OPEN
    """What is settled about its conventions, filled in by the engine."""
    wrapped: bool = False
    """Whether the rows are layers of a larger model that is not shown whole (``Functional`` rows)."""

    def scales_of_size(self, number: Number, *, mebi: bool = False) -> tuple[int, ...]:
        """What MB of a size may be: as the settings say, as the tool has it that printed the table, or either. ``mebi``:
        whether the tool prints MiB."""
        if number.unit.bytes and self.policy.size:
            return self.policy.scales(number)
        if mebi or self.family in ("keras", "torchsummary"):
            return number.scales[1:]
        return number.scales[:1] if self.family == "torchinfo" else number.scales


class Support(NamedTuple):
    """Of the numbers that stand together in one way, how many agree with what is right, and how many do not."""

    agree: int = 0
    differ: int = 0


class Evidence(Record):
    """What the document itself says for a finding, and against it."""

    column: Support = Support()
    """Numbers of the same column: of the same quantity under the same header."""
    row: Support = Support()
    table: Support = Support()
    slip: str = ""
    """The slip of a hand that leads from what is right to what is printed."""
    bound: bool = False
    """Whether the network is named with the number: in the same clause, row or listing."""
    rivals: tuple[str, ...] = ()
    """What else it may have been meant as."""


class Finding(Record):
    """Something wrong, with all that a format needs to show it."""

    code: str
    severity: Severity
    place: Place
    text: str
    """As it stands in the file."""
    message: str
    expected: str = ""
    """What should stand there, in the same form; empty where nothing can be put in its place."""
    quantity: str = ""
    layer: str = ""
    derivation: str = ""
    notes: tuple[str, ...] = ()
    """The likely slip, the convention: a line each."""
    confidence: float = 1.0
    """That the author slipped, and not the reader: 0 to 1. Findings about markers and files have 1."""
    evidence: Evidence = Evidence()
