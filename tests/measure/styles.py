"""Models as people write them, in the styles of the libraries that they come from; small widths, structure as in the wild."""

# mypy: disable-error-code="no-any-return, operator"

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class BasicBlock(nn.Module):
    """A residual block as torchvision writes it: one ReLU in place for all, a sum in place."""

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class Residual(nn.Module):
    """A small ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.layer2 = nn.Sequential(BasicBlock(8, 16, 2), BasicBlock(16, 16))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.avgpool(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(x, 1))


class Functional(nn.Module):
    """Layers held, everything else called as functions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5, padding="same")
        self.fc1 = nn.Linear(16 * 7 * 7, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), (2, 2))
        x = functional.dropout(functional.relu(self.fc1(x.view(x.size(0), -1))), training=self.training)
        return functional.log_softmax(self.fc2(x), dim=1)


class TokenMixer(nn.Module):
    """An encoder block as timm writes it: one FC layer for queries, keys and values, scaled dot products by hand."""

    def __init__(self, width: int, heads: int, *, fused: bool = False) -> None:
        super().__init__()
        self.heads, self.scale, self.fused = heads, (width // heads) ** -0.5, fused
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(4 * width, width)

    def weigh(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if self.fused:
            return functional.scaled_dot_product_attention(q, k, v)
        return ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1) @ v

    def attend(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        x = self.weigh(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(b, n, c))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.norm1(x))
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class Tokens(nn.Module):
    """A small ViT: patches, a class token, learned positions."""

    def __init__(self, *, fused: bool = False) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, 24, 8, 8)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 24))
        self.pos_embed = nn.Parameter(torch.zeros(1, 17, 24))
        self.blocks = nn.Sequential(TokenMixer(24, 3, fused=fused), TokenMixer(24, 3, fused=fused))
        self.norm = nn.LayerNorm(24, eps=1e-6)
        self.head = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class MultiHead(nn.Module):
    """A ViT in torchvision's way: nn.MultiheadAttention, whose whole forward pass is one call."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_proj = nn.Conv2d(3, 24, 8, 8)
        self.class_token = nn.Parameter(torch.zeros(1, 1, 24))
        self.ln = nn.LayerNorm(24)
        self.self_attention = nn.MultiheadAttention(24, 4, dropout=0.1, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(24, 48), nn.GELU(), nn.Dropout(0.1), nn.Linear(48, 24))
        self.heads = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0]
        x = self.conv_proj(x).reshape(n, 24, 16).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(n, -1, -1), x], dim=1)
        y = self.ln(x)
        y, _ = self.self_attention(y, y, y, need_weights=False)
        x = x + y
        return self.heads((x + self.mlp(x))[:, 0])


class Windows(nn.Module):
    """Attention in windows, which are folded into the batch's axis, with a table of positions (Swin)."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, 12, 4, 4)
        self.norm = nn.LayerNorm(12)
        self.qkv = nn.Linear(12, 36)
        self.table = nn.Parameter(torch.zeros(49, 2))
        self.register_buffer("index", torch.arange(256).reshape(16, 16) % 49)
        self.reduction = nn.Linear(48, 24, bias=False)
        self.head = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.embed(x).permute(0, 2, 3, 1))
        b, h, w, c = x.shape
        x = torch.roll(x, (-2, -2), (1, 2))
        x = x.view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
        qkv = self.qkv(x).reshape(-1, 16, 3, 2, 6).permute(2, 0, 3, 1, 4)
        attention = qkv[0] @ qkv[1].transpose(-2, -1)
        bias = self.table[self.index.view(-1)].view(16, 16, 2).permute(2, 0, 1)
        attention = (attention + bias.unsqueeze(0)).softmax(-1)
        x = (attention @ qkv[2]).transpose(1, 2).reshape(-1, 16, c)
        x = x.view(b, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.head(self.reduction(x).mean((1, 2)))


class NextBlock(nn.Module):
    """ConvNeXt: a depthwise conv, a norm and FC layers over channels that are last, a learned scale."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 4, 4)
        self.dwconv = nn.Conv2d(16, 16, 7, padding=3, groups=16)
        self.norm = nn.LayerNorm(16)
        self.pwconv1 = nn.Linear(16, 64)
        self.pwconv2 = nn.Linear(64, 16)
        self.gamma = nn.Parameter(torch.ones(16))
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(y)))
        x = x + y.permute(0, 3, 1, 2)
        return self.head(x.mean([-2, -1]))


class Tied(nn.Module):
    """Two convolutions with one weight and a bias each, and a module that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 8, 3, padding=1)
        self.two = nn.Conv2d(8, 8, 3, padding=1)
        self.three = nn.Conv2d(8, 8, 3, padding=1)
        self.three.weight = self.two.weight
        self.again = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.three(functional.relu(self.two(functional.relu(self.one(x))))))
        x = x.mean((2, 3))
        return self.again(functional.relu(self.again(x)))


class TwoInputs(nn.Module):
    """An image and a mask, which come together in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Conv2d(3, 8, 3, 2, 1)
        self.mask = nn.Conv2d(1, 8, 3, 2, 1)
        self.join = nn.Conv2d(16, 8, 1)
        self.fc = nn.Linear(8, 4)

    def forward(self, image: Tensor, mask: Tensor) -> dict[str, Tensor]:
        x = torch.cat([torch.relu(self.image(image)), torch.sigmoid(self.mask(mask))], 1)
        x = torch.relu(self.join(x))
        return {"logits": self.fc(x.mean((2, 3))), "features": x}


class Frozen(nn.Module):
    """A trunk that is not trained under a head that is, and layers that nothing uses."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 8, 3),
            nn.ReLU(),
        )
        for parameter in self.trunk.parameters():
            parameter.requires_grad_(False)
        self.neck = nn.Linear(8, 16)
        self.locked = nn.Linear(16, 16).requires_grad_(False)
        self.head = nn.Linear(16, 10)
        self.aux = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.trunk(x).mean((2, 3))
        return self.head(functional.relu(self.locked(functional.relu(self.neck(x)))))


class Nowhere(nn.Module):
    """A branch whose result is thrown away."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.lost = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(x)
        self.lost(x)
        return self.two(x)


class Sound(nn.Module):
    """Convolutions along one axis."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 8, 9, 4)
        self.bn = nn.BatchNorm1d(8)
        self.grouped = nn.Conv1d(8, 16, 3, groups=2)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(functional.relu(self.grouped(functional.relu(self.bn(self.conv(x))))).mean(-1))


class Video(nn.Module):
    """Frames in the batch's axis, then a convolution over time as well."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = nn.Conv2d(3, 4, 3, 2, 1)
        self.time = nn.Conv3d(4, 6, (3, 3, 3), padding=1)
        self.fc = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        b, c, t, h, w = x.shape
        x = functional.relu(self.frame(x.transpose(1, 2).reshape(b * t, c, h, w)))
        x = x.view(b, t, *x.shape[1:]).transpose(1, 2)
        return self.fc(functional.relu(self.time(x)).mean((2, 3, 4)))


class Decoder(nn.Module):
    """Transposed convolutions with output padding (DCGAN), a weight norm, and a reflection at the border."""

    def __init__(self) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(1)
        self.conv = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 8, 3))
        self.up = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
        self.grouped = nn.ConvTranspose2d(4, 4, 4, stride=2, padding=1, groups=2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.grouped(functional.leaky_relu(self.up(self.conv(self.pad(x))), 0.2)))


class Words(nn.Module):
    """Numbers of words into a class, by products that are written out."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 16)
        self.position = nn.Embedding(12, 16)
        self.query = nn.Parameter(torch.zeros(16, 8))
        self.key = nn.Parameter(torch.zeros(16, 8))
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embedding(x) + self.position(torch.arange(x.shape[1], device=x.device))
        q, k = torch.einsum("btd,dk->btk", x, self.query), x @ self.key
        scores = torch.einsum("bqd,bkd->bqk", q, k).softmax(-1)
        return self.fc(torch.bmm(scores, x).mean(1))


class Recurrent(nn.Module):
    """An LSTM, which vggstat does not count."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.lstm = nn.LSTM(32, 16, batch_first=True)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).mean(1)
        x, _ = self.lstm(x)
        return self.fc(x[:, -1])


class Style(NamedTuple):
    """A model, and the inputs that it takes, by name where they are several."""

    make: Callable[[], nn.Module]
    inputs: Mapping[str, tuple[int, ...]]
    known: bool = True
    """Whether every product in it is counted."""
    saved: bool = True
    """Whether what autograd keeps is known: of fused attention it depends on the kernel that torch takes."""


IMAGE: Final[dict[str, tuple[int, ...]]] = {"x": (3, 32, 32)}
STYLES: Final = {
    "residual": Style(Residual, IMAGE),
    "functional": Style(Functional, IMAGE),
    "tokens": Style(Tokens, IMAGE),
    "fused tokens": Style(lambda: Tokens(fused=True), IMAGE, saved=False),
    "multi-head": Style(MultiHead, IMAGE, saved=False),
    "windows": Style(Windows, IMAGE),
    "next": Style(NextBlock, IMAGE),
    "tied": Style(Tied, IMAGE),
    "two inputs": Style(TwoInputs, {"image": (3, 32, 32), "mask": (1, 32, 32)}),
    "frozen": Style(Frozen, IMAGE),
    "nowhere": Style(Nowhere, IMAGE),
    "sound": Style(Sound, {"x": (1, 400)}),
    "video": Style(Video, {"x": (3, 6, 16, 16)}),
    "decoder": Style(Decoder, IMAGE),
    "words": Style(Words, {"x": (12,)}),
    "recurrent": Style(Recurrent, IMAGE, known=False, saved=False),
}
