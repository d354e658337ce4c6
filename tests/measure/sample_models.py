"""Models as others write them, for ``verify --against`` and ``identify``: one VGG-11 in many ways."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

BLOCKS = ((64,), (128,), (256, 256), (512, 512), (512, 512))


class Other(nn.Module):
    """VGG-11 with other names and nesting, ReLU not in place, ``view`` for Flatten, a softmax, no average pool.

    The settings each change one thing.
    """

    def __init__(
        self,
        classes: int = 1000,
        *,
        norm: bool = False,
        skip: int | None = None,
        extra: int | None = None,
        kernel: int = 3,
        bias: bool = True,
        stride: int = 1,
        dropout: float = 0.5,
        late_dropout: bool = False,
        relu: bool = True,
        pool_first: bool = False,
        swap: bool = False,
        side: int = 7,
    ) -> None:
        super().__init__()
        stages = []
        channels, number = 3, 0
        for block, widths in enumerate(BLOCKS):
            layers: list[nn.Module] = []
            for width in widths:
                number += 1
                if number == skip:
                    continue
                for _ in range(2 if number == extra else 1):
                    odd = number == 4
                    size = kernel if odd else 3
                    layers.append(
                        nn.Conv2d(
                            channels,
                            width,
                            size,
                            padding=size // 2,
                            stride=stride if odd else 1,
                            bias=bias or not odd,
                        )
                    )
                    if norm:
                        layers.append(nn.BatchNorm2d(width))
                    if relu or not odd:
                        layers.append(nn.ReLU())
                    channels = width
            pool = nn.MaxPool2d(2, 2)
            if block == 0 and pool_first:
                layers.insert(len(layers) - 1, pool)
            else:
                layers.append(pool)
            stages.append(nn.Sequential(*layers))
        if swap:
            stages[0][0], stages[0][1] = stages[0][1], stages[0][0]
        self.stages = nn.ModuleList(stages)
        self.top = nn.ModuleDict(
            {
                "a": nn.Linear(512 * side * side, 4096),
                "b": nn.Linear(4096, 4096),
                "c": nn.Linear(4096, classes),
            }
        )
        self.p = dropout
        self.late_dropout = late_dropout

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            x = stage(x)
        x = x.view(x.size(0), -1)
        for name in "ab":
            x = functional.dropout(self.top[name](x).relu(), self.p, self.training)
        x = self.top["c"](x)
        if self.late_dropout:
            x = functional.dropout(x, 0.5, self.training)
        return torch.softmax(x, dim=1)


class Dense(nn.Module):
    """VGG-11 with zero padding as layers of its own and FC layers as convolutions."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for widths in BLOCKS:
            for width in widths:
                layers += [nn.ZeroPad2d(1), nn.Conv2d(channels, width, 3), nn.ReLU(inplace=True)]
                channels = width
            layers.append(nn.MaxPool2d(2))
        layers += [nn.Conv2d(512, 4096, 7), nn.ReLU(), nn.Dropout(), nn.Conv2d(4096, 4096, 1), nn.ReLU()]
        layers += [nn.Dropout(), nn.Conv2d(4096, 1000, 1), nn.Flatten()]
        self.net = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Any:
        return {"logits": self.net(x)}


class ByValue(Other):
    """Its way depends on what is in the image."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x * 2 if x.sum() > 0 else x)


class Residual(nn.Module):
    """Not a chain."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 64, 3, padding=1)
        self.second = nn.Conv2d(64, 64, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return functional.relu(x + self.second(x))


class NeedsValues(Other):
    """Cannot be made on meta, because it looks at its own weights; and changes global settings."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        torch.set_default_dtype(torch.float64)
        self.scale = float(next(self.top["c"].parameters()).detach().abs().max())


def takes_anything(*_: Any, **__: Any) -> Other:
    return Other()


def tied() -> nn.Module:
    """One weight in two convolutions of 512 filters."""
    model = Other()
    fourth, fifth = model.stages[3], model.stages[4]
    assert isinstance(fourth, nn.Sequential)
    assert isinstance(fifth, nn.Sequential)
    fifth[0].weight = fourth[2].weight
    return model


def with_more() -> nn.Module:
    """A layer that the forward pass leaves out."""
    model = Other()
    model.add_module("unused", nn.Linear(10, 5))
    return model


def needs_an_argument(classes: int) -> Other:
    return Other(classes)


def makes_a_number() -> int:
    return 3


def raises() -> None:
    raise ValueError("no weights today")


with torch.device("meta"):
    made = Other()

number = 7
