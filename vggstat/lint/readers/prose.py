"""Sentences and bullets: ``VGG-16 has 138M parameters``, ``3*3*64*64 = 36864``, ``about 15.5 GFLOPs``.

Only a number with its noun is a claim; it belongs to the network named last before it in its sentence, or by the only
network that sentence, paragraph or heading names. Everything else is left alone, and so are lines with words of change
(pruned, compressed, fewer): those numbers are of other networks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row
from vggstat.lint.names import Name, find_names
from vggstat.lint.readers.bounds import find_bound
from vggstat.lint.readers.headings import is_another
from vggstat.lint.readers.owners import find_owner, find_tie
from vggstat.lint.readers.products import continued, find_products
from vggstat.lint.readers.several import CHANGED, listed, paired, sentence_around
from vggstat.lint.readers.training import training_claims
from vggstat.lint.text import Flow, Section

__all__ = ["read"]

_NUMBER: Final = (
    r"(?<!\d)(?<!\d[.,'])\d[\d.,']*(?:(?:\{,\}|\\,)\d{3})*(?:[  ]\d{3})*"
    r"(?:\s?(?:x|\*|\\times|\\cdot)\s?10\s?\^\s?\{?\d{1,2}\}?|[eE]\+?\d{1,2}(?!\w))?"
)
_UNIT: Final = (
    r"(?:\s?(?:K|M|G|B|T|k|m"
    r"|万|亿|萬|億|만|억|百万|백만|千|천"
    r"|(?i:thousand|millions?|billions?|mil|mm)"
    r"|Mio\.?|Mrd\.?|Millionen|Milliarden"
    r"|millions?|milliards?|millones|milhões"
    r"|млн|миллион\w*|млрд"
    r"|milioni|miliardi|triệu|tỷ"
    r"|mil)(?![A-Za-z]))?"
)
_AMOUNT: Final = rf"(?:\d{{1,4}}\s?[亿億억]\s?\d{{1,4}}\s?[万萬만]|{_NUMBER}{_UNIT})"
"""A number with its unit, also one of two units: ``1億3836万``."""
_HEDGE: Final = (
    r"(?P<hedge>~\s?|about |around |roughly |approximately |approx\.? |nearly |almost |over |some |ca\.? |circa "
    r"|etwa |rund "
    r"|environ "
    r"|около "
    r"|약 "
    r"|大约|约|約|およそ)?"
)
_ADJECTIVES: Final = r"(?:(?:trainable|learnable|learned|total|model|weight|free|trainierbare|de|di|of|個の|个|개의|の)\s?){0,2}"
_PARAMS: Final = (
    r"(?i:trainable\s)?(?P<label>(?i:param(?:eter)?s?)\b|param[èe]tres|parámetros|parâmetros|Parametern?\b"
    r"|параметр\w*|parametri\b|tham số"
    r"|参数|參數|パラメータ|파라미터|매개변수)"
)
_PARAM_COUNT: Final = (
    r"(?P<label>(?i:(?:number of |total |trainable )?param(?:eter)?s?(?: count)?)"
    r"|参数(?:总)?[量数]|パラメータ数|파라미터 ?수"
    r"|Parameterzahl|number of weights)"
)
_OPERATIONS: Final = (
    r"(?P<label>(?:[KMGT]?(?:FLOP[sS]?|MACs?|MAdds?|MACC|OPs)\b(?!/s)"
    r"|multiply[- ](?:adds?|accumulates?)(?: operations)?|mult-?adds?|floating[- ]point operations"
    r"|浮点运算|次浮点))"
)
_FILE: Final = (
    r"(?P<label>(?:weights?|model|parameters?|weights? file|file|model file|checkpoint"
    r"|权重(?:文件)?|模型(?:大小)?)(?:\s(?:size|file))?)"
)
_CONV_LAYERS: Final = (
    r"(?P<label>conv(?:olution(?:al)?)?\.?(?:\s|-)?layers?|conv\b(?= (?:\+|and) \d)|convolutions\b"
    r"|capas (?:de )?convoluci\w+|camadas (?:de )?convoluci\w+|camadas convolucionais|couches (?:de )?convoluti\w+"
    r"|strati convoluzionali|Faltungs(?:schichten|layer)|Convolutional[- ]Layer|св[её]рточных сло[её]в"
    r"|个?卷积层|つ?の?畳み込み層|개의 합성곱)"
)
_FC_LAYERS: Final = r"(?P<label>(?:FC|fully[- ]connected|dense|linear)\.?(?:\s|-)?layers?|个?全连接层|つ?の?全結合層|개의 완전연결)"

CLAIMS: Final[tuple[tuple[Quantity, str], ...]] = (
    ("params", rf"{_HEDGE}(?P<claim>\$?{_AMOUNT}\$?)(?:\*{{1,3}}|`)?[- ]?{_ADJECTIVES}{_PARAMS}"),
    (
        "params",
        rf"{_PARAM_COUNT}\s?(?:is|are|of|:|=|~|to|为|是|：|は|約|约为|는|은)?"
        r"\s?(?:is |of |about |around |roughly |~|约|約){0,2}"
        rf"(?P<claim>\$?{_AMOUNT}\$?)(?![A-Za-z0-9_%万萬亿億만억千百천백]|\s?[*x+=(]\s?\d)",
    ),
    (
        "weights",
        rf"{_HEDGE}(?P<claim>{_AMOUNT})\s?(?:trainable |learnable )?(?P<label>weights\b(?! layers?))",
    ),
    (
        "ops",
        rf"{_HEDGE}(?P<claim>{_NUMBER}\s?(?:[KMGBT]|(?i:million|billion)|Milliarden|milliards|miliardi|Mrd\.?"
        rf"|亿|億|억|G)?)[ -]?{_OPERATIONS}",
    ),
    (
        "ops",
        r"(?P<label>FLOPs|MACs|浮点运算量|計算量|计算量|연산량)\s?(?:is|are|of|:|=|~|为|是|约为|は|는)?"
        r"\s?(?:is |of |about |around |~|约|約){0,2}"
        rf"(?P<claim>{_NUMBER}\s?(?:[KMGBT](?![A-Za-z])|million|billion|亿|億|억))",
    ),
    (
        "param_bytes",
        rf"{_HEDGE}(?P<claim>{_NUMBER}\s?[MGK]i?B)"
        r"(?:\s(?:of|in|for|für|an|pour|de|para)(?:\s(?:its|the|storing|pretrained|pre-trained|die|les|los|os))?)?\s?(?:the )?"
        r"(?P<label>weights?\b|Gewichte\b|poids\b|pesos\b|parameters\b|model (?:size|file)\b)",
    ),
    # "On disk" is said of data sets too: the words before it have to name what lies there.
    (
        "param_bytes",
        r"(?P<label>(?:weights?|model|network|checkpoint|VGG[-_ ]?\d\d)\b)[^.;,\n\d]{0,24}"
        rf"(?P<claim>{_NUMBER}\s?[MGK]i?B)\son\sdisk\b",
    ),
    (
        "param_bytes",
        rf"{_FILE}\s?(?:\([^()]{{0,20}}\)\s?)?"
        r"(?:is|are|of|takes?(?: up)?|occup(?:y|ies)|needs?|weighs|:|=|~|为|是|约)"
        r"\s?(?:is |of |about |around |~|up ){0,2}"
        rf"(?P<claim>{_NUMBER}\s?[MGK]i?B)\b",
    ),
    (
        "memory",
        rf"{_HEDGE}(?P<claim>{_NUMBER}\s?[MGK]i?B)\s?(?:of |for |in )?(?:the |its )?"
        r"(?P<label>(?:activation|feature[- ]map|intermediate)s?(?: memory| maps?| values)?\b)",
    ),
    ("memory", rf"{_HEDGE}(?P<claim>{_NUMBER}\s?[MGK]i?B)\s?(?P<label>/\s?(?:image|img|sample)\b)"),
    (
        "values",
        rf"{_HEDGE}(?P<claim>{_NUMBER}\s?(?:[KMG]|million)?)\s(?P<label>activations?\b(?! (?:func|layer|map|mem)))",
    ),
    (
        "receptive_field",
        r"(?P<label>感受野|受容野|수용 ?영역|receptive fields?\b[^.;,\d]{0,40}?(?:[A-Za-z]+[-_ ]?\d{1,2}(?:_\d)?[^.;,\d]{0,40}?)?)"
        r"\s?(?:is|are|of|:|=|为|是|は|은|는)\s?(?:about |only )?(?P<claim>\d{2,3}(?:\s?[x*]\s?\d{2,3})?)(?![\d.,]*\d|\s?%)",
    ),
    ("conv_layers", rf"(?P<claim>\d{{1,3}}|[Tt]hirteen|[Ss]ixteen|[Ee]ight|[Tt]en)\s?{_CONV_LAYERS}"),
    ("fc_layers", rf"(?P<claim>\d{{1,2}}|[Tt]hree)\s?{_FC_LAYERS}"),
    (
        "pool_layers",
        r"(?P<claim>\d{1,2}|[Ff]ive)\s?(?P<label>(?:max[- ]?)?pool(?:ing)?(?:\s|-)layers?|个?池化层)",
    ),
    (
        "weight_layers",
        r"(?P<claim>\d{1,3}|[Ss]ixteen|[Nn]ineteen|[Ee]leven|[Tt]hirteen)"
        r"\s?(?P<label>weight(?:ed)? layers|layers with weights|个?权重层)",
    ),
)
_CUES: Final[dict[str, str]] = {
    "params": r"param|parám|parâm|tham số|параметр|参数|參數|パラメータ|파라미터|매개변수|number of weights|Param",
    "weights": r"weights",
    "ops": r"FLOP|MAC|MAdd|OPs|ultiply|ult-?adds|floating|浮点|計算量|计算量|연산량",
    "param_bytes": r"[MGK]i?B\b",
    "memory": r"[MGK]i?B\b(?:\s?/\s?i|.*(?:activ|feature|interm))",
    "values": r"activations",
    "receptive_field": r"receptive field|感受野|受容野|수용 ?영역",
    "conv_layers": r"conv|Faltung|св[её]рточ|卷积层|畳み込み層|합성곱",
    "fc_layers": r"FC|ully|ense|inear|全连接层|全結合層|완전연결",
    "pool_layers": r"pool|池化层",
    "weight_layers": r"weight|权重层",
}
"""What a line must hold for a claim of that kind: cheaper to look for than the claim itself."""
_compiled = cache(re.compile)
"""Patterns are compiled when a line first needs them: all of them take 20 ms."""
_DIGIT: Final = re.compile(
    r"\d|[Tt]hirteen|[Ss]ixteen|[Nn]ineteen|[Ee]leven|[Ee]ight |[Tt]en |[Tt]hree |[Ff]ive "
)
_WORD: Final = re.compile(
    r"(?:[\d)²³]\s?(?:[KMG]|B|weights|bytes|param\w*)?\s?[*x(+]\s?[\d(][^=\n]{0,80}(?:=|->|→|⇒|#|//))|\d\s?=\s?[\d(]+\\?[*x]"
    r"|param|parám|parâm|tham số|параметр|参数|參數|パラメータ|파라미터|매개변수"
    r"|weights|FLOP|MAC|Adds|layers|capas|camadas|couches|strati|schichten|Layer|convolutions|сло[её]в"
    r"|MB|MiB|GB|GiB|receptive field|感受野|受容野|activations|conv\d-\d"
    r"|卷积层|畳み込み層|浮点|計算量|计算量|연산량",
    re.IGNORECASE,
)
_SPEED: Final = re.compile(r"\bfps\b|frames? per|throughput|\bpeak\b|performance|GPU|FPGA", re.IGNORECASE)
"""Words of a sentence in which GFLOPS are a speed."""
_NOT_LEARNED: Final = re.compile(
    r"\bnon[- ]?(?:trainable\s)?$|(?:untrainable|frozen|optimizer)\s$", re.IGNORECASE
)
"""Words before a number of parameters that are not the network's own."""
_LAYER_WORDS: Final = re.compile(
    r"(?:first|second|third|last|final|one|this|each|every|single"
    r"|fc\d|FC\d|conv\d|block\s?\d|the (?:FC|fully|dense|conv)\w*"
    r"|fully[- ]connected layers? (?:has|have|contain|account)|conv\w* layers (?:have|contain|account)"
    r"|layer\b(?!s)"
    r"|第一|最后|全连接层的"
    r"|top layer|head|classifier|encoder|decoder|generator|discriminator)",
    re.IGNORECASE,
)
MAX_FACTS: Final = 5_000
"""Lines with claims that are read of one text."""
_WORDS: Final = {
    "three": "3",
    "five": "5",
    "eight": "8",
    "ten": "10",
    "eleven": "11",
    "thirteen": "13",
    "sixteen": "16",
    "nineteen": "19",
}


def read(section: Section) -> Iterator[ClaimTable]:
    """One table of facts for each line that claims something."""
    if not (_WORD.search(section.text) or _CONTINUED.search(section.text)):
        return  # no line of it claims anything, however long it is
    heading: list[Name] = []
    near: list[Name] = []
    level = LOWEST
    image = ""
    fenced = False
    found = 0
    for index, line in enumerate(section.lines):
        text = line.text
        stripped = text.strip()
        if not stripped:
            near = []
            continue
        if stripped.startswith(("```", "~~~")):
            fenced = not fenced
        names = list(find_names(text[:5_000])) if _MAY_NAME.search(text[:5_000]) else []
        title = None if section.kind in ("code", "output") or fenced else _TITLE.match(stripped)
        if title and (names or (_level(title) <= level and not _ABOUT_NUMBERS.search(stripped))):
            heading, level, image = [] if is_another(stripped) else names, _level(title), ""
        elif title and is_another(stripped):
            heading, level = [], _level(title)
        if names and not (title and is_another(stripped)):
            near = names
        stated = _IMAGE.search(text[:5_000]) if _TIMES.intersection(text) else None
        image = stated["image"] if stated else image
        rows, count = _rows_at(section, index, names, near, heading)
        found += bool(rows)
        if found > MAX_FACTS:
            return
        if (
            names
            and not rows
            and not title
            and len(stripped) < 60
            and not fenced
            and section.kind != "output"
        ):
            heading, level = names, LOWEST  # a line of its own: ``VGG16:``, ``model = VGG16()``
        if rows:
            section.take(index, index + count)
            classes = _CLASSES.search(text[:5_000])
            title_words = f"{image} {classes[0]}".strip() if classes else image
            yield ClaimTable(
                dialect="prose", form="facts", start=line.flow, rows=tuple(rows), title=title_words
            )


_TIMES: Final = frozenset("xX*")
"""Signs of which an image's size has one."""
_CONTINUED: Final = re.compile(r"^(?:[^\S\n]|[&$])*=\s?[\d(\[]", re.MULTILINE)
"""A line that goes on with the formula of the line above."""
_UNFINISHED: Final = re.compile(r"[\d)\]]\s*[+*x-]\s*\\?$")
"""What a line ends in whose sum goes on in the next."""


def _rows_at(
    section: Section, index: int, names: list[Name], near: list[Name], heading: list[Name]
) -> tuple[list[Row], int]:
    """The rows of a line, and how many lines they take."""
    line = section.lines[index]
    text = line.text
    if index in section.taken or len(text) > 20_000 or not _DIGIT.search(text):
        return [], 1
    formula, count = continued(section.lines, index)
    if count > 1:
        return list(_products(formula)), count
    goes_on = index > 0 and _UNFINISHED.search(section.lines[index - 1].text) is not None
    if goes_on or not _WORD.search(text[:5_000]):
        return [], 1
    if text.lstrip()[0] == "|" and text.count("|") > 2:
        return list(
            _products(line.flow)
        ), 1  # of a row of a table that nobody could read, no sentence is known
    if section.kind == "code" and _LAYER_CALL.search(text[:5_000]):
        return list(_products(line.flow)), 1  # what a comment says there is of the layer
    return list(_rows(line.flow, names, near, heading)), 1


_LAYER_CALL: Final = re.compile(r"(?:conv|dense|linear|pool|\bfc)\w{0,12}\(", re.IGNORECASE)
_IMAGE: Final = re.compile(
    r"(?<![\dx*])(?P<image>\d{2,4}\s?[x*]\s?\d{2,4})(?:\s?[x*]\s?3)?\s?(?:RGB |px |pixel )?(?:images?\b|inputs?\b"
    r"|resolution|的?输入|入力|입력)",
    re.IGNORECASE,
)
"""The size of the image, said in words: it holds for what follows."""
_CLASSES: Final = re.compile(r"(?<![\d.,])\d{1,5}[- ](?:classes|class)\b", re.IGNORECASE)
"""The number of classes, said in the sentence of a claim."""
LOWEST: Final = 9
_TITLE: Final = re.compile(r"(?P<marks>#{1,6})\s|<h(?P<tag>[1-6])|\\(?P<sub>(?:sub){0,2})section|={2,}\s?\w")
_ABOUT_NUMBERS: Final = re.compile(
    r"param|参数|參數|パラメータ|파라미터|size|memory|complexity|FLOP|summary|table", re.IGNORECASE
)
"""Headings below a network's that are about its figures, whatever their level."""


def _level(title: re.Match[str]) -> int:
    """How deep a heading stands, 1 for the outermost."""
    if title["marks"]:
        return len(title["marks"])
    return int(title["tag"]) if title["tag"] else 1 + len(title["sub"] or "") // 3


_MAY_NAME: Final = re.compile(
    r"vgg|net|config|column|inception|xception|overfeat|swin|deit|nin|c3d|fcn|transformer|vit|yolo|resne|darknet"
    r"|model|bert|gpt|ssd|配置|网络|\((?:A|B|C|D|E|A-LRN)\)",
    re.IGNORECASE,
)


def _rows(line: Flow, names: list[Name], near: list[Name], heading: list[Name]) -> Iterator[Row]:
    """A row a claim, with the network that it is about as its name."""
    text = line.text[:5_000]
    taken: list[tuple[int, int]] = [match.span() for match in _ADDRESS.finditer(text)]
    yield from _products(line, taken)
    yield from _widths(line, text)
    yield from training_claims(line, text, names)
    for match, first, last in _of_blocks(text):
        owner = find_owner(text, names, near, heading, match.start())
        taken.append(match.span("claim"))
        label = f"{first}-{last}"
        cell = Cell(quantity="block_layers", flow=line.group(match, "claim"), label=label, alone=True)
        yield Row(kind="network", name=owner or "", flow=line, cells=(cell,))
    for name, match, noun in listed(text, names):
        taken.append(match.span("claim"))
        flow = line.group(match, "claim").strip(" .,")
        cell = Cell(quantity="params", flow=flow, label=noun, alone=True)
        yield Row(kind="network", name=name.text, flow=line, cells=(cell,))
    for name, match, unit, noun in paired(text, names):
        taken.append(match.span())
        counted: Quantity = "ops" if re.match(r"FLOP|MAC", noun) else "params"
        cell = Cell(quantity=counted, flow=line.cut(*match.span()), unit=unit, label=noun, alone=True)
        yield Row(kind="network", name=name.text, flow=line, cells=(cell,))
    for quantity, pattern in CLAIMS:
        if not _compiled(_CUES[quantity]).search(text):
            continue
        for match in _compiled(pattern).finditer(text):
            start, end = match.span("claim")
            if any(start < b and end > a for a, b in taken):
                continue
            if any(name.start <= start < name.end for name in names):
                continue  # the number of a name: "VGG16のパラメータ"
            sentence = sentence_around(text, match.start(), match.end())
            several = text[end : end + 1] == "/" and quantity != "memory"
            if CHANGED.search(sentence) or text[start - 1 : start] == "/" or several:
                continue  # a change; one of several in a row: "VGG-16/19 (15.3/19.6 billion FLOPs)"
            if quantity in ("params", "weights", "ops") and _of_a_part(text, match):
                continue
            if _NOT_LEARNED.search(text, max(match.start() - 20, 0), match.start()):
                continue
            if quantity == "ops" and _SPEED.search(sentence):
                continue
            owner = find_owner(text, names, near, heading, start)
            repeated = (
                quantity == "conv_layers"
                and re.search(rf"(?<!\d){match['claim']}$", owner or "") is not None
                and not _DENIED.search(text, max(start - 16, 0), start)
            )
            if quantity.endswith("_layers") and not repeated and not _is_bound_count(text, names, match):
                continue
            taken.append((start, end))
            flow = line.group(match, "claim").strip(" $.,")
            hedge = bool(match.groupdict().get("hedge"))
            bound = find_bound(text[:start], text[end:])
            first = max((m.end() for m in re.finditer(r"[.!?;。；]\s", text[: match.start()])), default=0)
            cell = Cell(
                quantity=quantity,
                flow=flow,
                label=match["label"],
                hedge=hedge,
                bound=bound,
                alone=True,
                tied=find_tie(text, names, first, match.start(), match.end()),
            )
            yield Row(kind="network", name=owner or "", flow=line, cells=(cell,))


_DENIED: Final = re.compile(
    r"\b(?:not|nicht|pas|no|non|than|statt)\s+(?:its |the |de )?$|不是", re.IGNORECASE
)
"""What says that a number is another one."""
_ADDRESS: Final = re.compile(r"https?://[^\s()<>]+|\]\([^\s()]{1,300}\)")
"""An address, whose numbers are of files."""
_BINDS: Final = re.compile(
    r"(?:\b(?:has|have|had|contains?|comprises?|comprised of|consists? of|composed of|made (?:up )?of|includes?"
    r"|is built from|with|besteht aus|hat|a|comprend|contient|tiene|contiene|possui|tem|состоит из|имеет|содержит)\b"
    r"|[:=(（]|共?有|包含|包括|由|は|는|은)"
    r"(?:\s*(?:exactly|a total of|in total|altogether|its|the|了|insgesamt))*\s*"
    r"(?:(?:\d{1,3}|[A-Za-z]+) (?:[\w-]+ ){1,2}layers?(?: \([^()]*\))?\s?(?:,|,? and|,? und|\+|plus)?\s*){0,4}$",
    re.IGNORECASE,
)
"""What stands between a network and the number of its layers where that is of the whole of it."""
_PRONOUN: Final = re.compile(
    r"\b(?:it|the (?:network|model|architecture)|this (?:network|model))\b|它|该网络|それ|이 네트워크",
    re.IGNORECASE,
)
_ITEM_COUNTS: Final = re.compile(r"\W*(?:\d{1,3} (?:[\w-]+ ){1,2}layers?\s?(?:,|,? and|\+|plus)?\s?){0,4}")
"""What an item of a list below a network's heading has before a number: ``- 13 conv layers and 3 FC layers``."""
_CLOSES: Final = re.compile(
    r"\W*$|\s?[.,;:)）。，、+]|\s(?:and|und|y|et|e|plus|и|in total|altogether|insgesamt)\b|和|以及|と|과"
)


def _is_bound_count(text: str, names: list[Name], match: re.Match[str]) -> bool:
    """Whether a number of layers is that of a network named before it in its clause: ``VGG-16 has 13 conv layers``.

    Most such numbers are of a block, of the last layers, of what is frozen.
    """
    first = max((m.end() for m in re.finditer(r"[.!?;。；]\s", text[: match.start()])), default=0)
    subjects = [name.end for name in names if first <= name.start and name.end <= match.start()]
    subjects += [m.end() for m in _PRONOUN.finditer(text, first, match.start())]
    if not _CLOSES.match(text[match.end() :]):
        return False
    if _ITEM_COUNTS.fullmatch(text[: match.start("claim")]):
        return True
    if not subjects:
        return False
    between = text[max(subjects) : match.start("claim")]
    return len(between) < 120 and _BINDS.search(between) is not None and not _PART.search(between)


_PART: Final = re.compile(
    r"\b(?:block|stage|group|module|stack|unit|first|last|top|each|every|per|fr[eo]+z|fine-?tun|before|after|between|more|fewer|less|additional|extra)\w*|[多少]",
    re.IGNORECASE,
)


def _products(line: Flow, taken: list[tuple[int, int]] | None = None) -> Iterator[Row]:
    """A row a product with its value; where they stand is added to ``taken``."""
    for claim, span in find_products(line.cut(0, 5_000)):
        if taken is not None and span:
            taken.append(span)
        yield Row(kind="network", name="", flow=line, cells=(Cell(quantity="arithmetic", flow=claim),))


_WIDTH: Final = re.compile(r"(?<![\w.])conv\s?(?P<kernel>\d)-(?P<claim>\d{2,4})(?![\w.-]*\d)", re.IGNORECASE)
LEAST_WIDTHS: Final = 3


def _widths(line: Flow, text: str) -> Iterator[Row]:
    """The layers that a sentence lists as the paper does: ``conv3-64, conv3-128 and conv3-256``."""
    found = list(_WIDTH.finditer(text))
    if len(found) >= LEAST_WIDTHS:
        cells = (
            Cell(quantity="channels", flow=line.group(m, "claim"), label=m[0], alone=True) for m in found
        )
        yield Row(kind="network", name="", flow=line, cells=tuple(cells))


_BLOCK: Final = re.compile(
    r"^[^\w\n]*(?:conv )?block\s?(?P<block>\d)\s?(?:->|→|:|=|has|contains)\s?(?P<claim>\d)\s?conv\w*\.?(?:\s|-)?layers?\W*$",
    re.IGNORECASE,
)
"""How many conv layers a block has."""
_FIRST_BLOCKS: Final = re.compile(
    r"\bfirst (?P<first>two|three|four|2|3|4) (?:conv )?blocks\b[^.;,]{0,30}?\b(?:contain|have|hold|has|comprise)s? "
    r"(?P<claim>\d{1,2}) conv\w*\.?(?:\s|-)?layers?\b",
    re.IGNORECASE,
)
"""How many conv layers the first blocks have together."""
_NUMBERS: Final = {"two": 2, "three": 3, "four": 4}


def _of_blocks(text: str) -> Iterator[tuple[re.Match[str], int, int]]:
    """Counts of conv layers of blocks, each with the first and the last of them."""
    for match in _BLOCK.finditer(text):
        yield match, int(match["block"]), int(match["block"])
    for match in _FIRST_BLOCKS.finditer(text):
        last = match["first"].lower()
        yield match, 1, _NUMBERS.get(last) or int(last)


def _of_a_part(text: str, match: re.Match[str]) -> bool:
    """Whether the words right before say that it is of a layer or a part, not of the network."""
    first = max((m.end() for m in re.finditer(r"[.!?;,。；，]\s|^\W*", text[: match.start()])), default=0)
    return (
        _LAYER_WORDS.search(text[first : match.start()]) is not None
        or re.match(
            r"\s(?:in|of|for|from) (?:the |its )?(?:first|last|final|fully|FC|conv|dense|classifier|head|top"
            r"|block|layer)",
            text[match.end() :],
            re.I,
        )
        is not None
    )
