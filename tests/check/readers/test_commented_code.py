"""Code whose comments say what each layer gives."""

from __future__ import annotations

import pytest

from tests.check.support import check

OWN = """\
class TinyNet(nn.Module):
    def __init__(self):
        self.c1 = nn.Conv2d(1, 20, 5)        # 20x56x56, 520 weights
        self.p1 = nn.MaxPool2d(2)            # 20x28x28
        self.c2 = nn.Conv2d(20, 40, 5)       # 40x24x24, {second}
        self.p2 = nn.MaxPool2d(2)            # 40x{side}x{side}
        self.c3 = nn.Conv2d(40, 40, 3)       # 40x12x12, 14,440
        self.c4 = nn.Conv2d(40, 60, 3)       # 60x12x12, 21,660
"""
"""5 x 5 x 20 x 40 + 40 = 20,040; 3 x 3 x 40 x 60 + 60 = 21,660."""

VGG = """\
def vgg16(x):
    net = conv(x, 64, name="conv1_1")      # 224x224x64
    net = conv(net, 64, name="conv1_2")    # 224x224x64
    net = pool(net)                        # 112x112x{width}
    net = conv(net, 128, name="conv2_1")   # 112x112x128
    net = conv(net, 128, name="conv2_2")   # 112x112x128
    net = pool(net)                        # 56x56x128
    net = dense(net, 4096)                 # 102.76M weights
"""


@pytest.mark.parametrize(
    ("second", "side", "wrong"),
    [("20,040", "12", []), ("20,400", "12", ["20,400"]), ("20,040", "21", ["40x21x21"])],
)
def test_somebodys_own(second: str, side: str, wrong: list[str]) -> None:
    assert [f.text for f in check(OWN.format(second=second, side=side), "net.py").findings] == wrong


@pytest.mark.parametrize(("width", "wrong"), [("64", []), ("46", ["112x112x46"])])
def test_a_known_network(width: str, wrong: list[str]) -> None:
    """What the comment of a layer says is not of the whole network."""
    assert [f.text for f in check(VGG.format(width=width), "net.py").findings] == wrong


def test_what_is_no_chain() -> None:
    """The next layer does not follow from one that joins two, and comments without a shape are of no layer."""
    code = (
        "x = conv(x, 64)  # 64x56x56\ny = torch.cat([pool(x), x])  # 128x56x56\nz = conv(y, 3)  # see below\n"
        * 3
    )
    assert check(code, "net.py").judgements == ()
