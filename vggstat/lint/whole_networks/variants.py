"""A network as published, and as the words around a table may change it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vggstat.lint.network import Changes, Network, build
from vggstat.net.spec import Head, Spec

BATCH_NORM: Final = re.compile(r"[-_ ]bn\b|batch[- ]?norm", re.IGNORECASE)
_NO_TOP: Final = re.compile(
    r"no[- ]?top|include_top\s*=\s*False|without (?:the )?(?:top|FC|fully|classifier|head|dense)"
    r"|conv(?:olutional)? (?:part|base|layers only|body)"
    r"|feature extractor|notop|conv(?:olutional)? (?:layers )?(?:alone|only)|headless|backbone",
    re.IGNORECASE,
)
_CIFAR: Final = re.compile(r"cifar|32\s?x\s?32|tiny", re.IGNORECASE)
SIZE: Final = re.compile(r"(?<!\d)(\d{2,4})\s?[x*]\s?(\d{2,4})(?!\d)")
AT_SIZE: Final = re.compile(r"@\s?(\d{2,4})(?![\d.x*])")
"""The side of a square image after a name: ``VGG16 @ 448``."""
_CLASSES: Final = re.compile(
    r"(?<![\d.,])(\d{1,5})[- ]?(?:classes|class|类|分类|クラス|클래스|Klassen)", re.IGNORECASE
)


class Variant(NamedTuple):
    """A network with what is changed about it, in words."""

    words: str
    network: Network
    cifar: bool = False
    """Whether it is one of the heads that CIFAR's VGGs have."""
    stated: bool = True
    """Whether the words say it."""


class Lazy:
    """Variants that are made when they are first looked at, and kept."""

    def __init__(self, source: Iterator[Variant]) -> None:
        self._source, self._made = source, list[Variant]()

    def __iter__(self) -> Iterator[Variant]:
        yield from self._made
        for variant in self._source:
            self._made.append(variant)
            yield variant


def variants_of(spec: Spec, norm: bool, words: str) -> Iterator[Variant]:
    """The network as published, then as the words change it, then in the forms that tables usually mean."""
    plain = Changes(norm=norm)
    said = [*SIZE.findall(words), *((side, side) for side in AT_SIZE.findall(words))]
    sizes = {(int(h), int(w)) for h, w in said if 16 <= int(h) <= 2048 and 16 <= int(w) <= 2048}
    images = [spec.input, *((spec.input[0], h, w) for h, w in sorted(sizes) if (h, w) != spec.input[1:])][:6]
    no_top, cifar = _NO_TOP.search(words) is not None, _CIFAR.search(words) is not None
    classes = sorted({int(count) for count in _CLASSES.findall(words) if int(count) > 1})[:4]
    for image in images:
        where = "" if image == spec.input else f" at {image[1]}x{image[2]}"
        for head in ("adaptive", "flatten") if where else (spec.head,):
            yield from _made(f"{spec.title or spec.name}{where}", spec, image, head, None, plain)
            for count in classes:
                yield from _made(f"{count} classes{where}", spec, image, head, count, plain)
        if no_top or image == spec.input:
            yield from _made(f"without FC layers{where}", spec, image, "none", None, plain, stated=no_top)
    if spec.head == "adaptive":
        yield from _cifar(spec, cifar, classes)
    if norm:
        bare = Changes(norm=True, bias=False)
        yield from _made("with batch norm and no conv biases", spec, spec.input, spec.head, None, bare)
    else:
        bn = Changes(norm=True)
        stated = bool(BATCH_NORM.search(words))
        yield from _made("with batch norm", spec, spec.input, spec.head, None, bn, stated=stated)


def _made(
    words: str,
    spec: Spec,
    image: tuple[int, ...],
    head: Head,
    classes: int | None,
    changes: Changes,
    *,
    stated: bool = True,
) -> Iterator[Variant]:
    network = build(spec, image, head, classes, changes)
    if network is not None:
        yield Variant(words, network, stated=stated)


def _cifar(spec: Spec, stated: bool, classes: Sequence[int]) -> Iterator[Variant]:
    """The heads that CIFAR's VGGs have: one FC layer, one hidden one of 512, two of 512, or the full three."""
    for norm in (True, False):
        for count in sorted({10, 100, *classes}):
            for units in ((count,), (512, count), (512, 512, count), (4096, 4096, count)):
                network = build(spec, (3, 32, 32), "flatten", None, Changes(norm=norm, units=units))
                if network is not None:
                    words = f"at 32x32, FC {'-'.join(map(str, units))}{', batch norm' if norm else ''}"
                    yield Variant(words, network, cifar=True, stated=stated)
