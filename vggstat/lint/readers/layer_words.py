"""Which kind of layer some words mean, in the languages that documents are written in, and what they say of it.

``3x3 conv, 64 filters``, ``Conv2d(64, 128, kernel_size=(3, 3))``, ``卷积层 conv3-64``: a kind, and cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from vggstat.lint.model import Cell, RowKind
from vggstat.lint.readers.claims import claims
from vggstat.lint.text import Flow

_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
MAX_WORDS: Final = 300
"""Characters that are looked at; a longer cell is prose, not a layer's name."""

_WORDS: Final[tuple[tuple[RowKind, str], ...]] = (
    ("zeropad", r"zero[-_ ]?pad\w*|零填充|제로 ?패딩|ゼロパディング"),
    (
        "gap",
        r"global[-_ ]?(?:average|avg|max)[-_ ]?pool\w*|globalaveragepool\w*|\bgap\b"
        r"|全局平均池化"
        r"|전역 ?평균 ?풀링"
        r"|グローバル平均プーリング|大域平均プーリング"
        r"|pooling moyen global|pooling promedio global",
    ),
    (
        "avgpool",
        r"(?:adaptive[-_ ]?)?(?:avg|average|mean)[-_ ]?pool\w*|adaptiveavgpool\w*|avgpool\w*"
        r"|平均池化"
        r"|평균 ?풀링"
        r"|平均プーリング"
        r"|pooling (?:moyen|medio|promedio)",
    ),
    (
        "pool",
        r"max[-_ ]?pool\w*|\w*pool(?:ing)?\w*|sub-?sampl\w*|down-?sampl\w*"
        r"|(?:最大)?池化层?|下采样层?"
        r"|(?:맥스|최대) ?풀링|풀링"
        r"|(?:最大|マックス)?プーリング"
        r"|макс\w* ?пул+инг|пул+инг|подвыборк\w*"
        r"|agrupa\w*|submuestreo|sous-échantillonnage",
    ),
    (
        "bn",
        r"batch[-_ ]?norm\w*|\bbn[-_]?\d*[a-z_\d]*\b"
        r"|批(?:量)?(?:归一化|标准化|规范化)"
        r"|배치 ?정규화"
        r"|バッチ正規化",
    ),
    (
        "lrn",
        r"\blrn\d*\b|\bnorm\d\b|local[-_ ]?response\w*|局部响应归一化|国所応答正規化|지역 ?응답",
    ),
    (
        "conv",
        r"\w*conv(?:2d|[a-z]*)?[-_\d.a-z]*"
        r"|卷积层?|卷積層?"
        r"|합성곱|컨볼루션|콘볼루션"
        r"|畳み?込み?層?|コンボリューション"
        r"|faltung\w*"
        r"|св[её]рт\w*",
    ),
    (
        "fc",
        r"\bfc[-_]?\d*[a-z]?\b|\bfc[-_]\w+|\bfull(?:y)?[-_ ]*connect\w*"
        r"|\bdense[-_\d]*\b|\blinear[-_\d]*\b|\baffine\d*\b|inner[-_ ]?product|\binnerproduct\b"
        r"|全连接层?|全連接層?"
        r"|全結合層?"
        r"|완전 ?연결|전결합|밀집"
        r"|vollst[äa]ndig verbunden\w*|vollverb\w*"
        r"|полносвяз\w*"
        r"|(?:totalmente|completamente|enti[èe]rement) conn?ect\w*",
    ),
    (
        "flatten",
        r"flat+en\w*|展平|拉平|扁平化?|평탄화|플래튼|フラット\w*|平坦化|aplan\w*|аплат\w*",
    ),
    ("dropout", r"drop-?out\w*|\bdrop[-_]?\d+\b|随机失活|드롭아웃|ドロップアウト"),
    ("relu", r"\w*relu[-_\d.a-z]*|\bactivation\b|激活层?|活性化(?:関数)?|활성화"),
    ("softmax", r"soft-?max\w*|\bprob\b"),
    (
        "input",
        r"^\W{0,4}(?:input|image|inputs|input[-_ ]?layer|entrada|entr[ée]e|eingabe\w*|eingang\w*"
        r"|вход\w*|data)\b(?! ?(?:shape|size|dim))"
        r"|^\W{0,4}(?:input[-_]?\d+|原始?图像|输入层?|輸入層?|入力層?|입력 ?층?|이미지|图像|画像)"
        r"|\binputlayer\b|image input",
    ),
)
_ALL: Final = re.compile("|".join(f"(?P<{kind}>{words})" for kind, words in _WORDS), re.IGNORECASE)
_FOREIGN: Final = re.compile(
    r"transpos|deconv|depth-?wise|separable|dilat|atrous|upsampl|up-?conv|\bconv ?1d|\bconv ?3d|conv[13]d\b|lstm"
    r"|\bgru\b|attention|embedding|inception|residual|bottleneck",
    re.IGNORECASE,
)
"""Layers that are none of ours, though a word of ours is in their name."""
_MANY: Final = re.compile(
    r"^\W*(?:all|every|sum of|各|所有|全部|すべて|모든)\b"
    r"|^\W*\d{1,2} ?(?:conv\w*|fc|fully[- ]connected|dense) ?layers\b"
    r"|\bconv(?:olution)?(?:al)? layers\W*$"
    r"|\bconv[\d_.]*\d\s?(?:[,&/~+-]|and|und|et|y|e|to|和|、)\s?conv[\d_.]*\d\b"
    r"|\bfc[\d_]*\d\s?(?:[,&/~+]|and)\s?fc",
    re.IGNORECASE,
)
"""Several layers in one row, which no single layer answers for."""
_BRACKETS: Final = re.compile(r"\([^()]{0,80}\)")


@lru_cache(maxsize=4096)
def find_kind(text: str) -> RowKind | None:
    """The kind of layer that ``text`` names: ``other`` for several at once or a foreign one, None for none."""
    if not _LETTERS.search(text):
        return None
    text = text[:MAX_WORDS]
    if _FOREIGN.search(text) or _MANY.search(text):
        return "other"
    found = _kinds(_BRACKETS.sub(" ", text)) or _kinds(text)
    if not found:
        return None
    kinds = set(found)
    pools = kinds & {"pool", "avgpool", "gap"}
    if ("conv" in kinds) + bool(pools) + ("fc" in kinds) > 1:
        return "other"
    for kind in ("conv", "fc", "gap", "avgpool", "pool", "bn", "lrn", "zeropad"):
        if kind in kinds:
            return kind
    return found[0]


def _kinds(text: str) -> list[RowKind]:
    return [match.lastgroup for match in _ALL.finditer(text)]  # type: ignore[misc]


_AFTER: Final = re.compile(r"[x*]\s?(?P<count>\d{1,2})(?=\s*(?:$|[,;()+\]]|层|times))", re.IGNORECASE)
_BEFORE: Final = re.compile(
    r"(?:^|[\s(\[])(?P<before>[2-9]|1\d)\s?(?:[x*]\s?(?=[\[(A-Za-z一-鿿가-힣])(?!\d)|-\s(?=conv))"
    r"|(?<![第\d])(?<!\d[,，])(?<!\d[,，] )(?P<times>[2-9])\s?(?:个|層|层|times|fois|mal)(?![A-Za-z\d]*$)",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(
    r"(?<!\d)(?P<block>\d)[-_.](?P<first>\d)\s?(?:…|\.{2,3}|~|,|/|&|to|and|und|bis|до|à|和|과)\s?(?P=block)[-_.](?P<last>\d)(?!\d)"
)
"""Layers from one to another: ``5-1…5-3``."""
_WHOLE: Final = re.compile(r"(?:^|[\s(\[])\d+$")
"""A number of its own, of which what follows is the product: ``fc 120x84``."""
_SIDE: Final = re.compile(r"(?:^|[^\d-])1?\d\s?$")
"""A window's first side: what follows it is the second, and no number of layers."""


@lru_cache(maxsize=4096)
def find_repeats(text: str) -> int:
    """How many equal layers the words stand for: ``2 x conv3-64``, ``[conv3-64] x 3``."""
    text = text[:MAX_WORDS]
    for match in _AFTER.finditer(text):
        before = text[: match.start()]
        if not _SIDE.search(before) and not _WHOLE.search(before):
            return max(1, min(int(match["count"]), 16))
    found = _BEFORE.search(text)
    if found:
        return max(1, min(int(found["before"] or found["times"]), 16))
    range_ = _RANGE.search(text)
    return max(1, int(range_["last"]) - int(range_["first"]) + 1) if range_ else 1


_NAME: Final = (
    r"\bconv(?:olution)?(?:2d|al)?[-_ ]?\(?(?P<kernel>1?[1-9])(?:\s?[x*]\s?(?P=kernel))?\)?"
    r"[-_ ]{1,3}(?P<channels>\d{2,5})(?![\d._x*]|\s?[x*@])"
    r"|\bfc[-_ ]{1,2}(?P<channels_2>\d{2,6})(?![\d._])"
    r"|\b(?:max|avg)?pool[-_ ]?\(?(?P<kernel_2>[2-9])\s?[x*]\s?(?P=kernel_2)\b"
)
"""``conv3-64``, ``Conv 3x3-64``, ``FC-4096``, ``maxpool 2x2``; but not ``conv3_1``, which is a name."""
_TORCH: Final = (
    r"\bConv2d\(\s?(?P<in_channels>\d{1,5})\s?,\s?(?P<channels>\d{1,5})\b"
    r"|\bLinear\(\s?(?:in_features\s?=\s?)?(?P<in_channels_2>\d{1,6})\s?,\s?(?:out_features\s?=\s?)?(?P<channels_2>\d{1,6})\b"
    r"|\bMaxPool2d\(\s?(?P<kernel>\d{1,2})\b"
)
_VALUE: Final = (
    r"\s?[=:]\s?(?P<{}>\(\s?\d{{1,2}}(?:\s?,\s?\d{{1,2}})?\s?\)|\[?\d{{1,2}}(?:\s?[x*]\s?\d{{1,2}})?)"
)
_KEYWORD: Final = "|".join(
    rf"\b(?:{keys}){_VALUE.format(quantity)}"
    for quantity, keys in (
        ("kernel", r"kernel_size|kernel|filter_size|pool_size|k(?=\s?=)|f(?=\s?=\s?1?\d\s?,\s?[sp]\s?=)"),
        ("stride", r"strides?|s(?=\s?=)"),
        ("padding", r"padding|pad|p(?=\s?=)"),
    )
)
_SPOKEN: Final = "|".join(
    rf"\b(?:{words})\s?(?:of\s)?(?P<{quantity}>\d{{1,2}})(?![\d.%])"
    rf"|(?:{cjk})\s?(?:为|是|=|:)?\s?(?P<{quantity}_2>\d{{1,2}})(?![\d.])"
    for quantity, words, cjk in (
        ("stride", "strides?", "步长|步幅|스트라이드|ストライド"),
        ("padding", "padding|pad", "填充|패딩|パディング"),
    )
)
_COUNT: Final = (
    r"(?<![\dx*.,-])(?P<channels>\d{1,5})\s?(?:"
    r"(?:3x3 |5x5 |1x1 )?(?:filters?\b|kernels?\b|(?:output )?channels?\b|feature maps?\b|maps\b"
    r"|units?\b|neurons?\b|nodes?\b|outputs?\b"
    r"|filtros|filtres|neuronas|neur[ôo]nios"
    r"|нейрон|фильтр)"
    r"|个(?:卷积核|通道|滤波器|神经元)|个?通道"
    r"|個(?:の)?(?:フィルタ|チャンネル)|チャンネル"
    r"|개(?:의)? ?(?:필터|채널|뉴런)|채널|필터)"
)
_FILTERS: Final = (
    r"\b(?:conv(?:olution)?(?:2d|al|\dx\d)?|卷积|합성곱)\s?[\s(]\s?"
    r"(?P<channels>\d{2,5})(?=\s?[)\]]|\s?$|\s?[+,]\s?(?!\s?\d))"
    r"|(?<![\dx*.,])(?P<channels_2>\d{1,5}) (?=\d\s?[x*]\s?\d(?:\s?[x*]\s?\d+)?\s?(?:conv|filter|kernel))"
    r"|\d\s?[x*]\s?\d\)?\s?(?:conv\w*|卷积)?\s?[,/]\s?(?P<channels_3>\d{2,5})(?![\d.%@x*]|\s?[x*@])"
)
"""A number of filters beside the word: ``[CONV 64]``, ``64 3x3x3 convolutions``."""
_UNITS: Final = (
    r"\b(?:fc|dense|linear|fully[- ]connected|全连接层?)\s?[\s(:]\s?"
    r"(?P<channels>\d{2,6})(?=\s?[)\]]|\s?$|\s?[+,]\s?(?!\s?\d))"
)
"""A number of units beside the word: ``Dense(4096)``."""
_MAPS: Final = r"(?<![\d.])(?P<channels>\d{1,5})\s?@\s?(?P<size>\d{1,4}\s?[x*]\s?\d{1,4})(?![\d.]|\s?[x*])"
ENDS: Final = (
    r"(?<![\d.,x*])(?P<in_channels>\d{2,6}|\d{1,3},\d{3})\s?(?:->|→|=>|⇒)"
    r"\s?(?P<channels>\d{1,6}|\d{1,3},\d{3})(?![\d.,]*[\dx*%])"
)
"""Inputs and outputs of an FC layer: ``FC6 (25088 → 4096)``."""
_WINDOW: Final = r"(?<![\d.x*@])(?<![x*] )(?P<kernel>(?P<side>1?\d)\s?[x*]\s?(?P=side))(?!\s?[x*]?\s?\d|\s?@)"
_WINDOW_IN: Final = r"(?<![\d.x*@])(?P<kernel>(?P<side>1?\d)\s?[x*]\s?(?P=side))\s?[x*]\s?(?P<in_channels>\d{1,5})(?!\s?[x*]?\s?\d)"
_OF_EACH: Final = (_NAME, _TORCH, _KEYWORD, _SPOKEN)
_OF_POOLS: Final = (*_OF_EACH, _MAPS, _WINDOW_IN.replace("?P<in_channels>", ""), _WINDOW)
_WORDS_OF: Final[dict[RowKind, tuple[str, ...]]] = {
    "conv": (*_OF_EACH, _COUNT, _FILTERS, _MAPS, _WINDOW_IN, _WINDOW),
    "fc": (*_OF_EACH, _COUNT, _UNITS, ENDS, _MAPS),
    "pool": _OF_POOLS,
    "avgpool": _OF_POOLS,
}
"""What is said of a layer of each kind, the surest first."""


@cache
def _patterns(kind: RowKind) -> tuple[re.Pattern[str], ...]:
    """The patterns of a kind, compiled when the first layer of it is read."""
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _WORDS_OF.get(kind, ()))


def attributes(flow: Flow, kind: RowKind | None) -> Iterator[Cell]:
    """What a layer's name or arguments say of it, each quantity once."""
    said: set[str] = {"kernel", "stride", "padding"} if kind == "fc" else set()
    for pattern in _patterns(kind or "other") if len(flow) <= MAX_WORDS else ():
        for match in pattern.finditer(flow.text):
            for cell in claims(flow, match, {}):
                if cell.quantity not in said:
                    said.add(cell.quantity)
                    yield cell.replace(label="name")
