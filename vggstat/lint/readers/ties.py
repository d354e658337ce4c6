"""Whether a sentence says that a number is the named network's: it alone has it, needs it or comes to it.

Only words that are known to stand between a network and its own figure tie the two: any other may bring in another
subject (``our net``), a change (``with 2:4 sparsity``), a limit (``exceeds our budget of``) or several images.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = (
    "has have had having contains contain containing comprises comprise consists consisting consist composed made made-up "
    "of needs need requires require requiring takes take taking uses use using performs perform costs cost comes come "
    "amounts totals totalling sums occupies occupy weighs is are was were be been with at to in on for the a an its it "
    "this that which total totals overall altogether exactly about around roughly approximately approx ca circa over "
    "nearly almost some only just up well whole entire full complete standard original plain vanilla popular famous "
    "classic deep large model models network networks net architecture itself alone version configuration config layers "
    "layer number numbers count counts parameters params parameter param weights weight biases bias trainable learnable "
    "learned free memory size file disk model checkpoint storage space mb gb mib gib kb b k m g t million millions "
    "billion thousand float32 fp32 float bits bit forward pass single one per image images input rgb inference flops "
    "gflops mflops macs gmacs mmacs mac flop mult-adds multiply-adds multiply adds multiply-accumulates operations ops "
    "computation compute complexity activations activation values maps map conv convolutional convolution fc fully "
    "connected fully-connected dense linear pooling max-pooling pool weighted and or i e x px pixels bn batch-norm "
    "thirteen sixteen three nineteen five eight ten eleven also still i.e hat haben kostet besitzt enthält benötigt "
    "braucht kommt auf etwa rund ungefähr insgesamt mit und die der das den des von im in für parameter parametern "
    "gewichte milliarden millionen mio mrd rechnet umfasst verfügt über ein eine einen a contient possède compte comporte "
    "nécessite environ paramètres de du et au total le la les un une d avec tiene contiene necesita posee requiere unos "
    "parámetros el los las con en y cerca ha contiene di parametri milioni possui tem contém requer cerca parâmetros o os "
    "as com e milhões millones milions имеет содержит требует около параметров всего сеть модель и в"
)
_TIES: Final = frozenset(_WORDS.split())
_WORD: Final = re.compile(r"[^\W\d_](?:[\w.-]*\w)?|\d[\d.,]*")
_EAST: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OTHER_IN_EAST: Final = re.compile(
    r"我们|本文|我的|不同|相比|相较|替换|替代|改进|基于|减少|增加|剪|压缩|超过|批|帧"
    r"|我々|私たち|異な|比べ|置き換|提案|削減|バッチ|우리|제안|다르|대신|비해|배치"
)
_SETTING: Final = re.compile(
    r"^\W*(?:with|by|after|using|without|when|if|once|on|at|for|from|going|replacing|dropping|removing|adding|mit|ohne|nach"
    r"|durch|bei|statt|anders|avec|sans|après|con|sin|com|sem)\s+(?!example\b|instance\b|the\s*$|a\s*$|an\s*$)\w",
    re.IGNORECASE,
)
"""What a sentence may begin with that makes the network another one: ``With Winograd,``."""
_COMPARED: Final = re.compile(
    r"compar|similar|unlike|equal|same (?:size|number)|\bthan\b|based on|built on|inspired|deriv|variant of|replac|instead of"
    r"|与|比|类似|基于|より|보다",
    re.IGNORECASE,
)
_WITHIN: Final = re.compile(
    r"(?:with|using|on|over|from) (?:an? |the )?(?:pretrained |frozen )?$", re.IGNORECASE
)
_PART_OF_ANOTHER: Final = re.compile(
    r"[-'’]?s?[- ](?:based|like|style|inspired|encoder|backbone|trunk|features?|feature extractor|derived|competitor|successor)\b",
    re.IGNORECASE,
)
_OF: Final = re.compile(r"(?P<noun>\w+) (?:of|to) (?:the )?$", re.IGNORECASE)
"""Of whom a network is said to be: ``the successor of VGG-16``."""
_DIFFERENCE: Final = re.compile(
    r"^[^.;,:()]{0,24}\b(?:more|fewer|less|additional|extra|mehr|weniger|plus|moins|más|menos|mais)\b",
    re.IGNORECASE,
)
_PLACED: Final = re.compile(
    r"\W*(?:(?:of|the|its|all|these|them)\s){0,3}(?:are|is|sit|sits|lie|lies|belong|come|stem|go|reside)\s(?:in|to|from|into|within)\b",
    re.IGNORECASE,
)
"""What says that it is of a part: ``1.0M parameters are in the classifier``."""
REACH: Final = 60
"""Characters before a name in which it may be called something that another network is compared with."""


def is_placed(after: str) -> bool:
    """Whether the words behind a number say that it is of a part."""
    return _PLACED.match(after) is not None


def is_tied(before: str, name: tuple[int, int] | None, after: str) -> bool:
    """Whether a number is its network's own. ``before``: the sentence up to the number; ``name``: where the network's name
    stands in it, None where it is named above; ``after``: the rest of the sentence."""
    if _DIFFERENCE.match(after) or _PLACED.match(after) or after.rstrip().endswith("?"):
        return False
    if name is None:
        return _only_ties(before)
    start, end = name
    first, between = before[:start], before[end:]
    if _PART_OF_ANOTHER.match(between) or _SETTING.match(first):
        return False
    kin = _OF.search(first)
    if kin is not None and kin["noun"].lower() not in _TIES:
        return False
    if _COMPARED.search(first, max(start - REACH, first.rfind(",") + 1, 0)) or (
        _WITHIN.search(first) and first.count(" ") > 2
    ):
        return False
    return _only_ties(re.sub(r"^[’']s\b", "", between))


_LISTED: Final = re.compile(
    r"\d\s?(?:[KMGB]|million|billion)?\s?(?:,|/|;|and|und|y|et)+\s?(?:and\s)?$|\d[KMGB]?[,/]\s?-?\d{2}",
    re.IGNORECASE,
)
"""One of several numbers in a row, which are of several networks."""


def _only_ties(words: str) -> bool:
    if _LISTED.search(words):
        return False
    words = re.sub(r"\([^()]*\)", " ", words)
    if _EAST.search(words):
        return _OTHER_IN_EAST.search(words) is None
    return all(word[0].isdigit() or word.lower().strip(".-") in _TIES for word in _WORD.findall(words))
