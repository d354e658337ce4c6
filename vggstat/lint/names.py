"""Names of networks in running text: which shipped network they mean, and with what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from vggstat.lint.qualifiers import leaves_it

__all__ = ["Name", "find_names", "tells_letters"]


class Name(NamedTuple):
    """One name: where it stands, the shipped network it means (empty for another one), and what it says."""

    start: int
    end: int
    text: str
    spec: str
    norm: bool = False

    @property
    def is_letter(self) -> bool:
        """Whether only the letter of a configuration names it: ``D``, ``model A``. Other papers' tables have such
        rows, too."""
        return (len(self.spec) == 1 or self.spec == "A-LRN") and "vgg" not in self.text.lower()


_BY_DEPTH: Final = {"11": "A", "13": "B", "16": "D", "19": "E"}
_VGG: Final = (
    r"(?<![A-Za-z0-9])(?P<pre>[A-Za-z]{0,12}[-_]?)?VGG(?:[-_ ]?Net)?s?(?:[-_ ](?:vd|verydeep"
    r"|very[-_ ]deep))?[-_ ]{0,2}(?:\()?"
    r"(?:(?P<depth>\d{1,3})(?:[-_ ]?layers?)?(?P<norm>[-_ ]?\(?(?:(?:with|w/|\+) ?)?(?:bn"
    r"|batch[-_ ]?norm(?:ali[sz]ation)?)\)?)?(?P<lrn>[-_ ]?\(?LRN\)?)?"
    r"|(?P<letter>[A-E])(?P<alrn>-LRN)?(?![A-Za-z0-9]))(?P<post>[-_]?[A-Za-z]{1,10})?"
)
_CONFIGURATION: Final = (
    r"(?:config(?:uration)?s?|column|ConvNet|net(?:work)?|model|网络|配置)\s?(?P<letter>A-LRN|[A-E])(?![A-Za-z0-9'])"
    r"|^\W*(?P<alone>A-LRN|[A-E])\W*$"
    r"|(?<![A-Za-z0-9])\((?P<bracket>A-LRN|[A-E])\)"
)
_OTHERS: Final = (
    r"(?<![A-Za-z])(?:AlexNet|GoogLeNet|Inception[-\w]*|(?:SE-?|Wide-?)?ResN[ei]X?t[-_ ]?\w*|Dense ?Net[-_ ]?\w*"
    r"|Mobile ?Net[-_ ]?\w*"
    r"|EfficientNet[-_ ]?\w*|SqueezeNet[-_ ]?\w*|Shuffle ?Net[-_ ]?\w*|Xception|NASNet\w*|LeNet[-_ ]?\w*|ZFNet"
    r"|U-?Net|YOLO\w*|Darknet[-_ ]?\w*"
    r"|RegNet\w*|ConvNeXt\w*|ViT[-_/ ]?\w*|Swin\w*|DeiT\w*|NiN|OverFeat|C3D|SSD\d*|FCN[-_ ]?\w*|MnasNet\w*"
    r"|BERT\w*|GPT\w*|Transformer\w*"
    r"|(?:(?:Fast(?:er)?|Mask|Cascade)[- ]?)?R-?CNN|DeepLab[-\w+]*|Retina ?Net|Seg ?Net|PSP ?Net|CRNN|(?:Bi-?)?LSTM|SVM)"
)
_FOREIGN_PRE: Final = frozenset(
    {
        "rep",
        "mini",
        "tiny",
        "small",
        "my",
        "custom",
        "lite",
        "light",
        "fast",
        "compressed",
        "pruned",
        "slim",
        "half",
        "net",
        "unet",
        "segnet",
        "fcn",
        "ssd",
        "rcnn",
        "linknet",
        "fpn",
        "deeplab",
        "ours",
        "our",
    }
)


_LIST: Final = re.compile(r"^\W*(?:A-LRN|[A-E])(?:\s?[,/&]\s?(?:A-LRN|[A-E]))+\W*$")


_OF_LETTERS: Final = re.compile(
    r"vgg|convnet|simonyan|zisserman|very[-_ ]deep conv|A-LRN|weight layers", re.IGNORECASE
)


def tells_letters(text: str) -> bool:
    """Whether the text is one in which A to E are the configurations of the VGG paper."""
    return _OF_LETTERS.search(text) is not None


@cache
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    """Compiled when a text first needs it."""
    return re.compile(pattern, flags)


def find_names(text: str) -> Iterator[Name]:
    """Every name of a network, left to right; a name that is none of the shipped has an empty ``spec``."""
    text = text[:50_000]
    found = [*_vggs(text), *_letters(text), *_shipped(text), *_foreign(text)]
    end = -1
    for name in sorted(found, key=lambda name: (name.start, not name.spec)):
        if name.start >= end:
            yield name
            end = name.end


def _vggs(text: str) -> Iterator[Name]:
    if "vgg" not in text.lower():
        return
    for match in _compiled(_VGG, re.IGNORECASE).finditer(text):
        pre = (match["pre"] or "").rstrip("-_").lower()
        post = (match["post"] or "").strip("-_").lower()
        depth, letter = match["depth"], match["letter"]
        spec = _BY_DEPTH.get(depth or "", "") if depth else (letter or "").upper()
        if match["lrn"] or match["alrn"]:
            spec = "A-LRN" if spec == "A" else ""
        if spec == "D" and post in ("c",):
            spec = "C"
        elif post in ("bn",):
            pass
        elif (
            post
            and depth
            and post
            not in (
                "layer",
                "layers",
                "net",
                "model",
                "d",
                "e",
                "a",
                "b",
                "has",
                "is",
                "with",
                "caffe",
                "tf",
                "weights",
            )
        ) or (pre in _FOREIGN_PRE):
            spec = ""
        attached = _ATTACHED.match(text, match.end())
        if attached is not None and not leaves_it(attached[0]):
            spec = ""
        norm = bool(match["norm"]) or "bn" in (pre, post)
        yield Name(match.start(), match.end(), match[0], spec, norm)


def _letters(text: str) -> Iterator[Name]:
    if _LIST.match(text):
        for match in re.finditer(r"A-LRN|[A-E]", text):
            yield Name(match.start(), match.end(), match[0], match[0])
        return
    for match in _compiled(_CONFIGURATION, 0).finditer(text):
        letter = match["letter"] or match["alone"] or match["bracket"]
        yield Name(match.start(), match.end(), match[0], letter)


_SHIPPED: Final = (
    (r"ResNet[-_ ]?(?:v1[-_ ])?(18|34|50|101|152)", "ResNet-{}"),
    (r"Dense[-_ ]?Net[-_ ]?(121)", "DenseNet-{}"),
    (r"GoogLeNet|Inception[-_ ]?v1", "GoogLeNet"),
    (r"Inception[-_ ]?v3", "Inception-v3"),
    (r"Mobile[-_ ]?Net[-_ ]?V1", "MobileNetV1"),
    (r"Mobile[-_ ]?Net[-_ ]?V2", "MobileNetV2"),
    (r"Squeeze[-_ ]?Net[-_ ]?(?:v)?1[._]1", "SqueezeNet-1.1"),
    (r"Efficient[-_ ]?Net[-_ ]?B0", "EfficientNet-B0"),
    (r"AlexNet", "AlexNet"),
)
"""Networks of other papers, of which one has figures that everybody shares. LeNet and U-Net are a name for many."""
_ALONE: Final = r"(?<![\w.+-])(?:%s)(?![A-Za-z0-9]|[-_. ]?(?:v\d|[a-e]\b|x\d|\d|[xw]\d|fpn\b|ssd|s\b|cifar))"
"""A name that nothing before or after makes another one: ``SE-ResNet-50``, ``resnet50d``, ``MobileNetV2 1.4``."""


def _shipped(text: str) -> Iterator[Name]:
    """Names of the networks of other papers that ship."""
    if not _compiled(r"net|incep", re.IGNORECASE).search(text):
        return
    for words, name in _SHIPPED:
        for match in _compiled(_ALONE % words, re.IGNORECASE).finditer(text):
            attached = _ATTACHED.match(text, match.end())
            if attached is None or leaves_it(attached[0]):
                yield Name(match.start(), match.end(), match[0], name.format(*match.groups()))
            else:
                yield Name(match.start(), attached.end(), text[match.start() : attached.end()], "")


_ATTACHED: Final = re.compile(r"(?:[-_.][A-Za-z0-9]+)+")
"""What hangs on a name and may make it another one's: ``ResNet152_vd``, ``ResNet-50-based``."""


def _foreign(text: str) -> Iterator[Name]:
    if not re.search(
        r"[a-z]net|incep|xcept|yolo|darknet|convn|vit|swin|deit|nin\b|overf|c3d|ssd|fcn|bert|gpt"
        r"|transf|r-?cnn|deeplab|lstm|svm|seg ?net|(?:psp|retina) net",
        text,
        re.I,
    ):
        return
    for match in _compiled(_OTHERS, re.IGNORECASE).finditer(text):
        yield Name(match.start(), match.end(), match[0], "")
