"""Words beside a network's name that leave it the network that it names; any other word may make it another one.

``vgg16_bn.tv_in1k``, ``VGG-16 (config D) [Simonyan 2014]`` and ``ResNet-50 @ 224`` are what they are called;
``ResNet152_vd``, ``MobileNetV2 (1.4)``, ``Big ResNet-50`` and ``efficientnet_b0_g16_evos`` are not.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = (
    "bn batch norm norms normalization normalisation batchnorm batchnormalization with without no the a an of and in by on "
    "at from for "
    "lrn net nets network networks model models cnn dnn convnet deep very layer layers conv convs fc top notop include "
    "pretrained pre trained imagenet ilsvrc in1k 1k 1000 class classes torchvision tv pytorch torch keras tensorflow "
    "tf tfhub caffe "
    "mxnet gluon gluoncv onnx matconvnet matlab chainer paddle paddlepaddle slim fastai timm cntk coreml openvino "
    "original paper standard vanilla plain full baseline reference default ref published et al "
    "config configuration column variant version type rgb image images input inputs size res resolution crop single px "
    "fp32 float32 f32 fp16 f16 float16 bf16 half int8 uint8 8bit 16bit float 32bit bit "
    "simonyan zisserman krizhevsky he szegedy cvpr iclr nips neurips arxiv "
    "cifar cifar10 cifar100 tiny 10 100 head adaptive gap flatten global average pool pooling avgpool "
    "hub weights v1 only part base alone backbone "
    "模型 网络 原始 标准 原版 预训练 ネットワーク モデル 모델 "
)
_KNOWN: Final = frozenset(_WORDS.split())
_MARKS: Final = re.compile(
    r"</?(?!br)\w[^<>]{0,200}>|\]\([^()\s]*\)|\[\^?[\d,\s]{1,12}\]|\^\{?[\d,*\w]{1,3}\}?|https?://\S+|\\cite\w*\{[^{}]*\}|&\w{2,6};"
)
"""Tags, the addresses of links, footnotes and references."""
_WORD: Final = re.compile(r"[^\W\d_]+\d*[^\W\d_]*\d*|\d+(?:\.\d+)?(?:\s?[x*]\s?\d+){0,2}[a-z]*|[^\W_]+")
_SIZE: Final = re.compile(
    r"\d{2,4}(?:\s?[x*]\s?\d{1,4}){1,2}(?:px)?|[1-9]\d{2,3}(?:px)?|(?:19|20)\d\d|[a-e]|x?1\.0x?|\d{1,2}"
)
"""An image's size, a year, a letter of a configuration, a reference."""


def leaves_it(rest: str) -> bool:
    """Whether every word of ``rest``, which stands beside a network's name, is known to leave the network as it is."""
    rest = _bare(rest)
    if "%" in rest or re.search(r"\(\s?(?!1\.0)\d*\.\d+\s?x?\)|\d\s?x\b(?!\s?\d)|\bx\s?\d", rest):
        return False  # a width: "MobileNetV2 (1.4)", "ResNet-50 (2x)", "x0_25"
    return all(word in _KNOWN or _SIZE.fullmatch(word) for word in _WORD.findall(rest.lower()))


def without_qualifiers(words: str) -> str:
    """A label without its marks and the words that say where a network's weights are from or what it is trained on."""
    return " ".join(word for word in _WORD.findall(_bare(words)) if word.lower() not in _KNOWN)


def _bare(words: str) -> str:
    """Without tags, links and references; a line break is a space."""
    if "<br" in words.lower():
        words = re.sub(r"<br\s*/?>", " ", words, flags=re.IGNORECASE)
    return _MARKS.sub(" ", words)
