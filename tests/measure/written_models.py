"""Networks as people write them in torch: by modules, by functions, nested, with lists of maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["STYLES"]


def conv_bn(channels: int, filters: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution without bias and its norm."""
    conv = nn.Conv2d(channels, filters, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(filters))


class VGG(nn.Module):
    """Column D, all feature layers in one container."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for widths in ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3):
            for width in widths:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
                channels = width
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 49, 4096), nn.ReLU(True), nn.Dropout(),
            nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(),
            nn.Linear(4096, 1000),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Any:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class BasicBlock(nn.Module):
    """Two convolutions and a sum."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = conv_bn(channels, width, 1, stride) if stride > 1 or channels != width else None

    def forward(self, x: Tensor) -> Any:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Bottleneck(nn.Module):
    """Three convolutions and a sum; the activations are functions."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.narrow = conv_bn(channels, width, 1)
        self.look = conv_bn(width, width, 3, stride)
        self.widen = conv_bn(width, 4 * width, 1)
        self.skip = conv_bn(channels, 4 * width, 1, stride) if stride > 1 or channels != 4 * width else None

    def forward(self, x: Tensor) -> Any:
        out = functional.relu(self.narrow(x), inplace=True)
        out = self.widen(functional.relu(self.look(out), inplace=True))
        out += x if self.skip is None else self.skip(x)
        return functional.relu(out, inplace=True)


class ResNet(nn.Module):
    """Four stages of residual blocks."""

    def __init__(self, block: type[BasicBlock] | type[Bottleneck], depths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.Sequential(*conv_bn(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        channels, stages = 64, []
        for number, depth in enumerate(depths):
            blocks = []
            for at in range(depth):
                blocks.append(block(channels, 64 << number, 2 if number and not at else 1))
                channels = block.expansion * 64 << number
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class BasicConv(nn.Module):
    """A convolution, its norm, and a functional activation."""

    def __init__(self, channels: int, filters: int, **settings: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, bias=False, **settings)  # type: ignore[arg-type]
        self.bn = nn.BatchNorm2d(filters)

    def forward(self, x: Tensor) -> Any:
        return functional.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    """Four branches behind one another."""

    def __init__(self, channels: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        one, three_in, three, five_in, five, pooled = widths
        self.branch1 = BasicConv(channels, one, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv(channels, three_in, kernel_size=1), BasicConv(three_in, three, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv(channels, five_in, kernel_size=1), BasicConv(five_in, five, kernel_size=3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv(channels, pooled, kernel_size=1)
        )

    def forward(self, x: Tensor) -> Any:
        return torch.cat(
            [branch(x) for branch in (self.branch1, self.branch2, self.branch3, self.branch4)], 1
        )


class GoogLeNet(nn.Module):
    """Nine Inception modules."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = BasicConv(3, 64, kernel_size=7, stride=2, padding=3)
        self.conv2 = BasicConv(64, 64, kernel_size=1)
        self.conv3 = BasicConv(64, 192, kernel_size=3, padding=1)
        channels = 192
        for name, widths in {
            "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
            "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
            "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
            "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
        }.items():  # fmt: skip
            setattr(self, f"inception{name}", Inception(channels, widths))
            channels = widths[0] + widths[2] + widths[4] + widths[5]
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x: Tensor) -> Any:
        x = functional.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
        for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
            if name in ("4a", "5a"):
                x = functional.max_pool2d(x, 3 if name == "4a" else 2, 2, ceil_mode=True)
            x = getattr(self, f"inception{name}")(x)
        return self.fc(self.dropout(torch.flatten(functional.adaptive_avg_pool2d(x, (1, 1)), 1)))


class DenseLayer(nn.Module):
    """Norms and activations before the convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, 128, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(128), nn.Conv2d(128, 32, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Any:
        x = self.conv1(functional.relu(self.norm1(x), inplace=True))
        return self.conv2(functional.relu(self.norm2(x), inplace=True))


class DenseNet(nn.Module):
    """DenseNet-121; ``lists``: each layer joins the maps of all before it, kept in a list."""

    def __init__(self, *, lists: bool) -> None:
        super().__init__()
        self.lists = lists
        self.stem = nn.Sequential(*conv_bn(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        self.dense, self.narrow = nn.ModuleList(), nn.ModuleList()
        channels = 64
        for depth in (6, 12, 24, 16):
            self.dense.append(nn.ModuleList(DenseLayer(channels + 32 * at) for at in range(depth)))
            channels += 32 * depth
            if depth != 16:
                narrow = nn.Conv2d(channels, channels // 2, 1, bias=False)
                self.narrow.append(
                    nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True), narrow, nn.AvgPool2d(2))
                )
                channels //= 2
        self.norm, self.fc = nn.BatchNorm2d(channels), nn.Linear(channels, 1000)

    def _stage(self, layers: Any, x: Tensor) -> Tensor:
        maps = [x]
        for layer in layers:
            maps.append(layer(torch.cat(maps, 1) if len(maps) > 1 else x))
            if not self.lists:
                maps = [x := torch.cat(maps, 1)]
        return torch.cat(maps, 1) if self.lists else maps[0]

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x)
        narrow: list[nn.Module] = [*self.narrow, self.norm]
        for layers, after in zip(self.dense, narrow, strict=True):
            x = after(self._stage(layers, x))
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(functional.relu(x), 1), 1))


class InvertedResidual(nn.Module):
    """Widen, look with a filter a channel, narrow."""

    def __init__(self, channels: int, filters: int, stride: int, widening: int) -> None:
        super().__init__()
        width = channels * widening
        layers: list[nn.Module] = []
        if widening > 1:
            layers.append(nn.Sequential(*conv_bn(channels, width, 1), nn.ReLU6(inplace=True)))
        layers.append(nn.Sequential(*conv_bn(width, width, 3, stride, groups=width), nn.ReLU6(inplace=True)))
        self.conv = nn.Sequential(*layers, *conv_bn(width, filters, 1))
        self.adds = stride == 1 and channels == filters

    def forward(self, x: Tensor) -> Any:
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    """Seven stages of inverted residuals."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Sequential(*conv_bn(3, 32, 3, 2), nn.ReLU6(inplace=True))]
        channels = 32
        for widening, filters, count, stride in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ):  # fmt: skip
            for at in range(count):
                layers.append(InvertedResidual(channels, filters, 1 if at else stride, widening))
                channels = filters
        layers.append(nn.Sequential(*conv_bn(320, 1280, 1), nn.ReLU6(inplace=True)))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Tensor) -> Any:
        x = functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


class Squeeze(nn.Module):
    """A gate: a value a channel from the means of all."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(channels, channels // 16, 1), nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x: Tensor) -> Any:
        return x * torch.sigmoid(self.fc2(functional.relu(self.fc1(self.pool(x)))))


class SEBlock(nn.Module):
    """A residual whose body ends in a gate."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn(channels, channels, 3), nn.ReLU(inplace=True), *conv_bn(channels, channels, 3)
        )
        self.se = Squeeze(channels)

    def forward(self, x: Tensor) -> Any:
        return functional.relu(self.se(self.body(x)) + x)


class SENet(nn.Module):
    """A small network of gated residuals."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*conv_bn(3, 64, 3, 2), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(*(SEBlock(64) for _ in range(5)))
        self.head = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Any:
        x = functional.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1)
        return self.head(torch.flatten(x, 1))


def double(channels: int, filters: int) -> nn.Sequential:
    """Two convolutions with norms and activations."""
    return nn.Sequential(
        *conv_bn(channels, filters, 3),
        nn.ReLU(inplace=True),
        *conv_bn(filters, filters, 3),
        nn.ReLU(inplace=True),
    )


class Up(nn.Module):
    """Twice as large, then beside what was skipped."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(channels, channels // 2, 2, stride=2)
        self.conv = double(channels, channels // 2)

    def forward(self, x: Tensor, skipped: Tensor) -> Any:
        return self.conv(torch.cat([skipped, self.up(x)], dim=1))


class UNet(nn.Module):
    """Four times down and up again."""

    def __init__(self) -> None:
        super().__init__()
        self.first = double(3, 64)
        self.down = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), double(64 << at, 128 << at)) for at in range(4)
        )
        self.up = nn.ModuleList(Up(1024 >> at) for at in range(4))
        self.last = nn.Conv2d(64, 2, 1)

    def forward(self, x: Tensor) -> Any:
        maps = [self.first(x)]
        for down in self.down:
            maps.append(down(maps[-1]))
        x = maps.pop()
        for up in self.up:
            x = up(x, maps.pop())
        return self.last(x)


class ShuffleUnit(nn.Module):
    """Half of the channels pass by; the halves are then shuffled by a view."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            *conv_bn(half, half, 1), nn.ReLU(inplace=True), *conv_bn(half, half, 3, groups=half),
            *conv_bn(half, half, 1), nn.ReLU(inplace=True),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Any:
        first, second = x.chunk(2, dim=1)
        out = torch.cat((first, self.branch(second)), dim=1)
        batch, channels, height, width = out.shape
        return (
            out.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(batch, -1, height, width)
        )


class ShuffleNet(nn.Module):
    """A stem and units that split their channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*conv_bn(3, 24, 3, 2), nn.ReLU(inplace=True))
        self.units = nn.Sequential(*(ShuffleUnit(24) for _ in range(4)))
        self.fc = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Any:
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(self.units(self.stem(x)), 1), 1))


class Pyramid(nn.Module):
    """Maps of three sizes, each with a coarser one upsampled onto it, and their sum at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Conv2d(channels, filters, 3, 2, 1) for channels, filters in ((3, 16), (16, 32), (32, 64))
        )
        self.sides = nn.ModuleList(nn.Conv2d(channels, 16, 1) for channels in (16, 32, 64))
        self.last = nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Any:
        maps = []
        for stage in self.stages:
            maps.append(x := functional.relu(stage(x)))
        top = self.sides[2](maps[2])
        for at in (1, 0):
            top = self.sides[at](maps[at]) + functional.interpolate(top, scale_factor=2, mode="nearest")
        return self.last(top)


class Functional(nn.Module):
    """A residual network whose forward pass is written out, its layers in one list."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 if not at else 16, 16, 3, padding=1) for at in range(13))
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Any:
        x = functional.relu(self.convs[0](x))
        for at in range(1, 13, 2):
            out = functional.relu(self.convs[at](x))
            x = functional.relu(self.convs[at + 1](out) + x)
        return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))


STYLES: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int], int]] = {
    "VGG": (VGG, (3, 224, 224), 10),
    "ResNet-18": (lambda: ResNet(BasicBlock, (2, 2, 2, 2)), (3, 224, 224), 23),
    "ResNet-50": (lambda: ResNet(Bottleneck, (3, 4, 6, 3)), (3, 224, 224), 25),
    "GoogLeNet": (GoogLeNet, (3, 224, 224), 20),
    "DenseNet-121": (lambda: DenseNet(lists=False), (3, 224, 224), 21),
    "DenseNet-121 of lists": (lambda: DenseNet(lists=True), (3, 224, 224), 150),
    "MobileNetV2": (MobileNetV2, (3, 224, 224), 25),
    "SENet": (SENet, (3, 32, 32), 14),
    "U-Net": (UNet, (3, 256, 256), 14),
    "ShuffleNet": (ShuffleNet, (3, 32, 32), 12),
    "Pyramid": (Pyramid, (3, 64, 64), 14),
    "Functional": (Functional, (3, 32, 32), 8),
}
"""How each is made, the image that it takes, and the most lines that its spec may have."""
