"""What the header of a column claims its numbers to be, in nine languages."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from vggstat.lint.model import Quantity

__all__ = ["Header", "find_unit", "is_name_header", "is_total", "read_header"]


class Header(NamedTuple):
    """What a column holds. ``quantity`` is None where it is not known, or nothing that is judged.

    ``role``: ``quantity``, ``size`` (dimensions or bytes: the cells decide), ``maps`` (a number of maps, or a shape),
    ``filter`` (a window or a number: the cells decide), ``formula`` (how the parameters are calculated), ``index``,
    or ``other``.
    """

    role: str
    quantity: Quantity | None
    unit: str
    label: str


_NEVER: Final = re.compile(
    r"accura|\bacc\b|top[-_ ]?[15]|\berr\b|error|fehler|erreur"
    r"|ошиб|точност"
    r"|genauig|pr[ée]cision|precis[ãi]|exactitud|acur[áa]cia"
    r"|准确|精度|错误|誤差"
    r"|정확|오류"
    r"|\btime|latency|latenz|speed|\bfps\b|\bms\b|\bsec|second"
    r"|时间|耗时|速度"
    r"|시간|속도"
    r"|時間"
    r"|zeit|temps|tiempo|tempo\b"
    r"|время|скорост"
    r"|\byear|\bjahr|année|\baño|\bano\b"
    r"|\bгод"
    r"|年份|年$"
    r"|연도"
    r"|\bdate\b|epoch|\bloss\b|\bratio|\bshare\b|percent|%|anteil"
    r"|доля"
    r"|占比|比例"
    r"|비율"
    r"|割合"
    r"|speed-?up|reduc|compress"
    r"|压缩|剪枝"
    r"|decay|prun|\bafter\b|remaining|learning rate|batch[-_ ]?size|optimi|\bauc\b|\bf1\b|recall|iou|score|rank|energy|power"
    r"|throughput|performance|gpu|cpu"
    r"|训练"
    r"|train(?:ing)? (?:set|data|mem|size)|\bpeak\b|at once|per[- ]|/ ?param|efficien"
    r"|效率"
    r"|bandwidth|optimizer|gradient|drop-?out"
    r"|cumul|running (?:sum|total)|累计|累積|누적|\beffective stride|\b(?:a)?live\b"
    r"|(?<![a-z])[µμu]s\b|\w s$|\bflops?/(?:b|byte|s|w)|intensity",
    re.IGNORECASE,
)
"""What vggstat has no figures for, or not under a header that says so little."""
_ALL: Final = r"(?:(?:the )?(?:total|all|network|model|whole|#|number of ?)\W?){0,2}"
_COUNTED: Final = rf"{_ALL}(?:params?|parameters|weights|macs|flops|ops|memory|activations)?"
_SHARE: Final = re.compile(
    rf"\W*(?:(?:%|percent(?:age)?|share|fraction|anteil|доля"
    rf"|占比|比例|割合|비율)(?: ?\(?%\)?)?(?: (?:of|in) {_COUNTED})?"
    rf"|{_COUNTED} ?\(?(?:%|share|percent(?:age)?|占比|比例|割合|비율)\)?)\W*",
    re.IGNORECASE,
)
"""What part of the whole a row has: `% of params`."""
_TRAINABLE: Final = re.compile(
    r"\btrainable|可训练|학습 ?가능|学習可能|trainierbar|entraînable|entrenable|treináve|обучаем", re.I
)
_FROZEN: Final = re.compile(r"non[-_ ]?train|不可训练|frozen|untrain|비학습", re.I)
_NO_BIAS: Final = re.compile(
    r"(?:no|without|w/o|excl\w*|ignor\w*|not count\w*(?: the)?)[-_ ]*bias"
    r"|不含偏置|无偏置"
    r"|바이어스 ?제외"
    r"|bias(?:es)? (?:excluded|ignored)|ohne bias|sans biais|sin bias|sem bias"
    r"|без смещ",
    re.I,
)
_PARAMS: Final = re.compile(
    r"param(?!eter (?:size|memory))|#\s?w(?:eights)?\b|\bweights?\b"
    r"|参数|參數"
    r"|파라미터|파라메터|매개 ?변수"
    r"|パラメ[ーー]?タ"
    r"|par[âáa]m"
    r"|парам"
    r"|가중치 ?(?:수|개수)"
    r"|权重|権重"
    r"|重み"
    r"|веса"
    r"|gewichte|\bpoids\b|\bpesos\b",
    re.IGNORECASE,
)
_WEIGHTS: Final = re.compile(r"weight|权重|重み|веса|gewichte|\bpoids\b|\bpesos\b|가중치|#\s?w\b", re.I)
_BIASES: Final = re.compile(
    r"^\W*(?:#|no\.?|number of)?\s*bias(?:es)?\b|^\W*偏置|^\W*바이어스|^\W*バイアス", re.I
)
_FORMULA: Final = re.compile(
    r"formula|calculat|comput(?:ation)?s?\b(?!al)|equation|expression|derivation"
    r"|計算式|计算式|计算(?:过程|公式|方法)?$"
    r"|계산식"
    r"|計算$|公式|算式"
    r"|berechnung|calcul\b|c[áa]lculo"
    r"|расч[её]т|формул",
    re.I,
)
_OPS: Final = re.compile(
    r"flop|\bg?m?macs?\b|mult[-_ ]?add|multi-?add|multiply|madds?\b|macc|\b[gm]?ops?\b|operations?\b"
    r"|op(?:é|e)ra[cç]"
    r"|операци"
    r"|运算量|計算量|计算量|运算次数"
    r"|연산량|계산량|연산 ?수"
    r"|演算量|演算回数|浮点"
    r"|rechenop"
    r"|乘加",
    re.IGNORECASE,
)
_MEMORY: Final = re.compile(
    r"memory|\bmem\b|\boutput bytes\b|内存|显存|存储|記憶|メモリ|메모리|m[ée]moire|mem[óo]ria|память|speicher",
    re.I,
)
_VALUES: Final = re.compile(
    r"output values?|activation values?|activations?\b(?! (?:func|shape|size|fn))"
    r"|激活值|要素数|元素个数"
    r"|요소 ?수"
    r"|aktivierungen|activaciones|ativações"
    r"|активац"
    r"|num(?:ber of)? activations|# ?activations|feature values|^\W*(?:#\s?)?M?acts?\b"
    r"|활성값"
    r"|^\W*(?:values|valeurs|werte|valores|valori|значени[яй]|elements|éléments)\W*$",
    re.I,
)
_BYTES: Final = re.compile(
    r"model[-_ ]?size|file[-_ ]?size|weights?[-_ ]?(?:file|size)|size on disk|disk|checkpoint"
    r"|模型(?:大小|尺寸|体积)|文件大小|权重(?:大小|文件)"
    r"|모델 ?(?:크기|사이즈|용량)"
    r"|モデル(?:サイズ|容量)"
    r"|param\w*[-_ ]?(?:size|memory)"
    r"|参数(?:内存|大小|存储)"
    r"|modellgr|taille du mod|tamaño del mod|tamanho do mod"
    r"|размер модел",
    re.I,
)
_ON_DISK: Final = re.compile(r"\bfile|\bdisk|checkpoint|文件", re.IGNORECASE)
_DOWNLOAD: Final = re.compile(
    r"\W*(?:downloads?|checkpoints?|weight files?|下载|ダウンロード)\W*", re.IGNORECASE
)
"""Headers of links to files of weights, which may be called by their size."""
_SAVED: Final = re.compile(
    r"(?:kept|saved|stored|cached) (?:for|by|in) (?:the )?(?:backward|autograd|backprop)|\bsaved bytes\b",
    re.I,
)
_FIELD: Final = re.compile(
    r"receptive|^\W*(?:eff\w*\.? )?RF(?: size)?\W*(?:\(p(?:x|ixels)\)\W*)?$"
    r"|感受野|受容野|수용 ?(?:영역|야)|champ r[ée]cept|campo recept|rezept|рецептив",
    re.I,
)
_SHAPE: Final = re.compile(
    r"shape|dimension|\bdims?\b|tensor"
    r"|形状|维度|維度|次元"
    r"|차원|형상|형태"
    r"|feature[-_ ]?map size|size of (?:the )?feature|forma\b|forme\b"
    r"|特征图"
    r"|特徴マップ"
    r"|특징 ?맵|피처 ?맵"
    r"|volume"
    r"|форма|размерност"
    r"|h ?x ?w ?x ?c|c ?x ?h ?x ?w",
    re.I,
)
_SIZE: Final = re.compile(
    r"\bsize"
    r"|尺寸|大小"
    r"|サイズ"
    r"|크기|사이즈"
    r"|größe|groesse|taille|tama[ñn]h?o"
    r"|размер"
    r"|resolution"
    r"|分辨率"
    r"|해상도"
    r"|解像度"
    r"|auflösung|resoluci"
    r"|разрешен",
    re.I,
)
_OUT: Final = re.compile(
    r"output|\bout\b"
    r"|输出|輸出|出力"
    r"|출력"
    r"|ausgabe|ausgang|sortie|salida|sa[íi]da"
    r"|выход"
    r"|^\W*activation (?:shape|size|map)"
    r"|결과",
    re.I,
)
_IN: Final = re.compile(
    r"^\W*(?:inputs?|in)\b|输入|輸入|入力|입력|eingabe|eingang|entr[ée]e|entrada|вход", re.I
)
_KERNEL: Final = re.compile(
    r"kernel|filter[-_ ]?(?:size|shape|dim)|window"
    r"|(?:卷积|池化)?核(?:大小|尺寸|尺度)?$|卷积核(?:大小|尺寸)|滤波器(?:大小|尺寸)"
    r"|커널"
    r"|カーネル|フィルタ[ーー]?(?:サイズ|の大きさ)"
    r"|필터 ?(?:크기|사이즈)"
    r"|窗口"
    r"|noyau|taille d[ue]s? filtre|tama[ñn]h?o del? (?:filtro|kernel|n[úu]cleo)|filtergr"
    r"|ядр"
    r"|^k$"
    r"|размер (?:фильтра|окна)",
    re.I,
)
_STRIDE: Final = re.compile(
    r"stride|步长|步幅|步長|스트라이드|ストライド|schrittweite|\bpas\b|\bpaso\b|\bpasso\b|шаг|^s$", re.I
)
_PADDING: Final = re.compile(
    r"padding|\bpad\b|填充|패딩|パディング|rembourrage|relleno|preenchimento|паддинг|отступ|^p$", re.I
)
_CHANNELS: Final = re.compile(
    r"(?:output |out[-_ ]?|# ?(?:of )?|num\w*[-_ ]?(?:of )?(?:the )?)?(?:channels?|filters|kernels"
    r"|units|neurons|nodes|maps)\b"
    r"|c_?out"
    r"|通道|卷积核(?:数|个数|数量)"
    r"|フィルタ[ーー]?数|チャン?ネル"
    r"|필터 ?(?:수|개수)|채널"
    r"|filtres|filtros|filteranzahl|kan[äa]le|canaux|canais|canales"
    r"|фильтр(?:ов|ы)|канал"
    r"|神经元"
    r"|뉴런"
    r"|ニューロン|ユニット"
    r"|neuronen|neurones|neuronas",
    re.IGNORECASE,
)
_IN_CHANNELS: Final = re.compile(
    r"in(?:put)?[-_ ]?(?:channels?|features?|dim\b)|c_?in\b|输入通道|入力チャン?ネル|입력 ?채널|канал\w* вход",
    re.I,
)
_FILTER: Final = re.compile(
    r"^\W*(?:conv\w* )?(?:filters?|filtro|filtre|滤波器|フィルタ[ーー]?|필터|фильтр|卷积核)\W*$", re.I
)
_MAPS: Final = re.compile(
    r"^\W*(?:#|no\.? of|number of)?\s*feature[-_ ]?maps?\W*$|^\W*maps\W*$"
    r"|^\W*(?:特征图|特徴マップ|특징 ?맵|피처 ?맵)\W*$",
    re.I,
)
_LAYERS: Final[tuple[tuple[Quantity, str], ...]] = (
    ("weight_layers", r"weight(?:ed)? layers|带权重?的?层|权重层"),
    ("conv_layers", r"conv\w*[-_ ]?layers|卷积层数|합성곱 ?층 ?수|畳み込み層数|# ?conv"),
    ("fc_layers", r"(?:fc|fully[- ]connected|dense)[-_ ]?layers|全连接层数|全結合層数|# ?fc"),
    ("pool_layers", r"pool\w*[-_ ]?layers|池化层数"),
    ("classes", r"^\W*(?:#|num\w*[-_ ](?:of )?)?\s?(?:output )?classes\W*$|类别数|クラス数|클래스 ?수"),
)
_LAYERS_RE: Final = tuple((quantity, re.compile(words, re.IGNORECASE)) for quantity, words in _LAYERS)
_INDEX: Final = re.compile(
    r"^\W*(?:#|no\.?|nr\.?|n[°º]|№|idx|index|id|number|line"
    r"|序号|编号|层数|层号|番号"
    r"|번호"
    r"|行"
    r"|layer ?(?:#|no\.?|number|index|id))\W*$",
    re.I,
)
_NAMES: Final = re.compile(
    r"layer|\bname|\btype|operation$|\bop\b|module|model|network|architect|method|block|stage"
    r"|层|層"
    r"|레이어|계층"
    r"|レイヤ"
    r"|couche|schicht|capa\b|camada"
    r"|слой"
    r"|类型|种类|型|操作|名称|名前"
    r"|이름"
    r"|网络"
    r"|모델|네트워크"
    r"|モデル|ネットワーク"
    r"|mod[èe]l|netz|red\b|rede\b"
    r"|модель|сеть"
    r"|architekt|arquitet|arquitect|backbone|config"
    r"|구조"
    r"|结构|構造|段|阶段"
    r"|블록"
    r"|ブロック"
    r"|variant"
    r"|катман"
    r"|katman|strato",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(
    r"[(\[]\s*(?:in\s+|en\s+|em\s+|в\s+|x\s?)?(?P<in>"
    r"10\s?\^?\s?\{?[369]\}?"
    r"|[KMGT](?:i?B|bytes?)?|B|bytes?"
    r"|字节|千万|百万|千|万|萬|亿|億"
    r"|만|억|백만|천"
    r"|millions?|millionen|mio\.?|mln\.?"
    r"|миллион\w*|млн\.?"
    r"|mrd\.?|milliarden|milliards?|млрд\.?|millones|milh[õo]es|thousands?|billions?"
    r"|[KMGT]?-?(?:flops?|macs?)|megabytes?|units\.\w+)\s*[)\]]"
    r"|\b(?P<lead>[KMGT])[- ]?(?:flops?|macs?|ops|params?|madds?|acts?|activations?)\b"
    r"|[/,_ ]\s?(?P<tail>"
    r"[KMGT](?:i?B)?"
    r"|(?:in |en |em )?(?:millions?|millionen|millones|milh[õo]es)"
    r"|mio\.?|mln\.?|млн\.?|млрд\.?"
    r"|百万|万|亿|億"
    r"|만|억|백만)\s*$"
    r"|\bin (?P<words>millions?|thousands?|billions?)\b"
    r"|\b(?P<first>millions?|thousands?|billions?) (?:of )?(?=mult|madd|mac|flop|param|weight|op)",
    re.IGNORECASE,
)
_POWERS: Final = {"3": "K", "6": "M", "9": "G"}


def find_unit(text: str) -> str:
    """The unit that a header gives to the numbers below it: ``Params (M)`` -> ``M``; empty for none."""
    match = _UNIT.search(text)
    if match is None:
        return ""
    unit = re.sub(r"^(?:in|en|em) |\.$", "", next(group for group in match.groups() if group).strip())
    unit = unit.upper() if len(unit) == 1 and unit.isascii() else unit
    bare = unit.lower().removeprefix("units.").rstrip(".")
    if bare.startswith("10"):
        return _POWERS.get(re.sub(r"\D", "", bare)[2:], "")
    if re.search(r"flop|mac", bare):
        scaled = re.match(r"[kmgt](?=-?(?:flop|mac))", bare)  # "macs" is no mega
        return scaled[0].upper() if scaled else ""
    if bare in ("b", "byte", "bytes", "字节"):
        return (
            "B"
            if bare == "b" and not _MEMORY.search(text) and not _SIZE.search(text)
            else ("" if bare == "b" else "bytes")
        )
    return {"megabyte": "MB", "megabytes": "MB", "gigabytes": "GB"}.get(
        bare, unit.removeprefix("Units.").removeprefix("in ")
    )


@lru_cache(maxsize=4096)
def is_name_header(text: str) -> bool:
    """Whether a header names layers or networks."""
    return _NAMES.search(text[:100]) is not None


_TOTAL: Final = re.compile(
    r"^\W*(?:(?:grand |overall )?totale?s?\b|sum\b|summe\b|gesamt\w*|somme\b|suma\b|soma\b"
    r"|итого|всего|сумма"
    r"|合计|总计|总和|总共|总参数|合計|総計|总数"
    r"|합계|총합?\b|총계|전체"
    r"|計$"
    r"|\d+ weight layers|[\w+.-]+: \d+ items\b)",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    r"\b(?:conv\w*|fc|features?|classifier|dense|fully|block|stage|backbone|head|pool\w*|trainable"
    r"|params|layers? \d|subtotal)\b"
    r"|sub-?total"
    r"|小计|小計"
    r"|소계"
    r"|zwischensumme|sous-total"
    r"|卷积|全连接",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_total(text: str) -> str:
    """``total`` for the name of a row that sums up the whole, ``part`` for a part of it, empty for a layer's."""
    words = text[:100]
    if re.search(
        r"sub-?total|小计|小計|소계|zwischensumme|\btotal\W*$", words, re.IGNORECASE
    ) and not _TOTAL.match(words):
        return "part"
    match = _TOTAL.match(words)
    if match is None:
        return ""
    return "part" if _PART.search(words[match.end() :]) and "weight layers" not in match[0] else "total"


@lru_cache(maxsize=4096)
def read_header(text: str) -> Header:
    """What the header says of its column."""
    label = " ".join(text.split())[:80]
    words = label.replace("_", " ").strip(" *`$|:")
    unit = find_unit(words) or ("bytes" if re.search(r"\bbytes$", words, re.IGNORECASE) else "")
    role, quantity = _role(words, unit)
    return Header(role, quantity, unit, label)


def _role(words: str, unit: str) -> tuple[str, Quantity | None]:
    if not words:
        return "other", None
    if _INDEX.match(words):
        return "index", None
    if _DOWNLOAD.fullmatch(words):
        return "size", None
    if _FIELD.search(words):
        return "quantity", "receptive_field"
    if _SAVED.search(words):
        return "quantity", "saved_bytes"
    for quantity, pattern in _LAYERS_RE:
        if pattern.search(words):
            return "quantity", quantity
    if _SHARE.fullmatch(words):
        return "quantity", "share"
    if _NEVER.search(words):
        return "other", None
    if _BYTES.search(words) and (unit or not _PARAMS.search(words) or _ON_DISK.search(words)):
        return (
            ("quantity", "param_bytes")
            if unit.upper() not in ("M", "K", "G") or _PARAMS.search(words) is None
            else ("quantity", "params")
        )
    if _BIASES.match(words):
        return "quantity", "biases"
    if _FORMULA.search(words) and not _OPS.search(words):
        return "formula", None
    if _OPS.search(words) and not re.match(r"\W*operation\W*$", words, re.IGNORECASE):
        return "quantity", "ops"
    if _PARAMS.search(words):
        return "quantity", _params(words, unit)
    if _MEMORY.search(words):
        return "quantity", "memory"
    return _of_layers(words, unit)


def _params(words: str, unit: str) -> Quantity:
    if unit.upper().endswith("B") and unit.upper() != "B":
        return "param_bytes"
    if _FROZEN.search(words):
        return "frozen_params"
    if _NO_BIAS.search(words):
        return "weights"
    return "trainable_params" if _TRAINABLE.search(words) else "params"


def _of_layers(words: str, unit: str) -> tuple[str, Quantity | None]:
    """Headers that only make sense for layers."""
    if _STRIDE.search(words) and _PADDING.search(words):
        return "other", None
    for quantity, pattern in (("stride", _STRIDE), ("padding", _PADDING), ("in_channels", _IN_CHANNELS)):
        if pattern.search(words):
            return "quantity", quantity  # type: ignore[return-value]
    if _MAPS.match(words):
        return "maps", "channels"
    if _FILTER.match(words):
        return "filter", None
    if _KERNEL.search(words) and not re.search(r"num|#|count|数$|个数|수$|개수", words, re.IGNORECASE):
        return "quantity", "kernel"
    if re.search(
        r"output values?|^values?$"
        r"|激活值"
        r"|활성값"
        r"|要素数|元素个数"
        r"|요소 ?수"
        r"|aktivierungen|activaciones|ativações",
        words,
        re.I,
    ):
        return "quantity", "values"
    if _CHANNELS.search(words) and not _SIZE.search(words) and not _SHAPE.search(words):
        return "quantity", "in_channels" if _IN.search(words) else "channels"
    sized = _SHAPE.search(words) or _SIZE.search(words)
    if _IN.search(words) and not _OUT.search(words):
        return "in", "in_shape"
    if re.search(r"activation size", words, re.IGNORECASE):
        return "size", "values"
    if _OUT.search(words) and unit.upper().endswith("B"):
        return "quantity", "memory"
    if _OUT.search(words) or _SHAPE.search(words):
        return "shape", "shape"
    if sized:
        return "size", None
    if _VALUES.search(words):
        return "quantity", "values"
    return "other", None
