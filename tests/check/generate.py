"""Right documents of every dialect, made from the core's figures, with every claim marked.

``documents()`` yields texts in which each claim stands between ``OPEN`` and ``CLOSE``; ``plain`` takes the marks out, and
``claims`` says where each stands. Used by the property tests and by the mutation benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import prod
from typing import NamedTuple

from vggstat.cost.accounting import find_accounting
from vggstat.cost.counting import find_counting_rule
from vggstat.cost.report import Report, Row, analyze
from vggstat.lint.network import body_spec, load_spec, with_classifier
from vggstat.net.graph import Node
from vggstat.sources.spec.build import build_graph

OPEN, CLOSE = "\x01", "\x02"


class Case(NamedTuple):
    """A right document: its text with marks, its dialect, what it is of, and the ending of its file."""

    name: str
    dialect: str
    text: str
    suffix: str


class Claimed(NamedTuple):
    """A claim in the plain text: 0-based line, and where it starts and ends in it."""

    line: int
    start: int
    end: int
    text: str


def c(text: object) -> str:
    """Marked as a claim."""
    return f"{OPEN}{text}{CLOSE}"


def plain(text: str) -> str:
    return text.replace(OPEN, "").replace(CLOSE, "")


def claims(text: str) -> list[Claimed]:
    """Where the claims stand once the marks are out."""
    found = []
    for number, line in enumerate(text.split("\n")):
        shift = 0
        for match in re.finditer(f"{OPEN}([^{CLOSE}]*){CLOSE}", line):
            start = match.start() - shift
            found.append(Claimed(number, start, start + len(match[1]), match[1]))
            shift += 2
    return found


def reports(*, deep: bool = True) -> Iterator[tuple[str, Report, bool]]:
    """Networks in many variants: ``(what, report, has batch norm)``."""
    for name in ("A", "A-LRN", "B", "C", "D", "E"):
        spec = load_spec(name)
        yield f"{name}", analyze(build_graph(spec)), False
        if not deep:
            continue
        yield f"{name} no top", analyze(build_graph(spec, head="none")), False
        yield f"{name} 10 classes", analyze(build_graph(spec, classes=10)), False
        yield (
            f"{name} at 256, flatten",
            analyze(build_graph(spec, image=(3, 256, 256), head="flatten")),
            False,
        )
        yield (
            f"{name} at 32, gap, 10",
            analyze(build_graph(spec, image=(3, 32, 32), head="gap", classes=10)),
            False,
        )
        small = with_classifier(spec, [512, 10], pooled=False)
        yield f"{name} at 32, 512, 10", analyze(build_graph(small, image=(3, 32, 32), head="flatten")), False
        if name != "A-LRN":
            bn = body_spec(spec, norm=True)
            yield f"{name} BN", analyze(build_graph(bn)), True
            yield (
                f"{name} no top, non-square",
                analyze(build_graph(spec, image=(3, 224, 320), head="none")),
                False,
            )


def hwc(shape: tuple[int, ...], sign: str = "x") -> str:
    if len(shape) == 3:
        return sign.join(map(str, (shape[1], shape[2], shape[0])))
    return sign.join(map(str, (1, 1, shape[0])))


def short(count: int) -> str:
    """As the lecture rounds: 3.2M, 800K, 4096."""
    if count >= 1_000_000:
        return f"{count // 100_000 / 10:.1f}M"
    if count >= 10_000:
        return f"{count // 1000}K"
    return str(count)


def million(count: int) -> str:
    return f"{(count + 500_000) // 1_000_000}M"


def cs231n(report: Report, word: str = "params", biases: bool = False) -> str:
    """A listing in the manner of the lecture."""
    lines = []
    for row in report.rows:
        kernel = row.kernel or 0
        name = {
            "input": "INPUT",
            "conv": f"CONV{c(kernel)}-{c(row.output_shape[0])}",
            "fc": "FC",
            "lrn": "LRN",
        }.get(row.kind, "POOL2")
        if row.kind == "conv" and isinstance(kernel, int) and kernel > 3:
            name = f"CONV{c(kernel)}-{c(row.output_shape[0])}"
        if row.kind in ("lrn", "bn", "avgpool"):
            continue
        shape = row.output_shape
        product = "*".join(map(str, (shape[1], shape[2], shape[0]) if len(shape) == 3 else shape))
        memory = f"{product}={short(row.output_values)}" if len(shape) == 3 else str(shape[0])
        params = "0"
        if row.weight_shape and row.kind in ("conv", "fc"):
            w = row.weight_shape
            if row.kind == "conv":
                left = f"({w[2]}*{w[3]}*{w[1]})*{w[0]}"
            else:
                inputs = row.in_shape or ()
                left = f"{w[1]}*{w[0]}" if len(inputs) == 1 else f"{inputs[1]}*{inputs[2]}*{inputs[0]}*{w[0]}"
            params = f"{left} = {row.weights:,}"
            if biases:
                params = f"{left} + {w[0]} = {row.params:,}"
        lines.append(f"{name}: [{c(hwc(shape))}]  memory: {c(memory)}  {word}: {c(params)}")
    shown = [row for row in report.rows if row.kind in ("input", "conv", "pool", "fc")]
    values = sum(row.output_values for row in shown)
    total = report.total.params if biases else report.total.weights
    lines.append(
        f"TOTAL memory: {c(f'{values / 1e6:.1f}M')} * 4 bytes ~= {c(f'{values * 4 / 1e6:.0f}MB')} / image (only "
        f"forward)"
    )
    lines.append(
        f"TOTAL {word}: {c(million(total))} parameters"
        if total > 10**7
        else f"TOTAL {word}: {c(f'{total:,}')}"
    )
    return "\n".join(lines)


def _keras_rows(report: Report) -> list[tuple[str, str, tuple[int, ...], int, Node | None]]:
    rows: list[tuple[str, str, tuple[int, ...], int, Node | None]] = [
        ("input_1", "InputLayer", report.graph.image, 0, None)
    ]
    for node in report.graph.nodes:
        stem = node.layer.row_kind
        if stem in ("relu", "softmax", "dropout") or (stem == "avgpool" and node.shape == node.in_shapes[0]):
            continue
        classes = {
            "conv": "Conv2D",
            "pool": "MaxPooling2D",
            "fc": "Dense",
            "flatten": "Flatten",
            "bn": "BatchNormalization",
            "avgpool": "GlobalAveragePooling2D",
            "lrn": "Lambda",
        }
        shape = node.shape
        if stem == "flatten" and rows[-1][1] == "GlobalAveragePooling2D":
            continue
        if stem == "avgpool":
            shape = node.shape[:1]
        count = sum(p.elements for p in node.params if p.width is None)
        rows.append((node.name, classes[stem], shape, count, node))
    return rows


def keras(report: Report, style: str = "keras2") -> str:
    """A Keras summary of version 2 or 3."""
    rows = _keras_rows(report)
    total = sum(row[3] for row in rows)
    frozen = sum(
        p.elements for n in report.graph.nodes for p in n.params if p.role == "buffer" and p.width is None
    )
    lines = ['Model: "model"']
    grouped = style == "keras3"
    body = []
    for name, kind, shape, count, _ in rows:
        dims = ", ".join(map(str, (shape[1], shape[2], shape[0]) if len(shape) == 3 else shape))
        number = f"{count:,}" if grouped else str(count)
        body.append((f"{name} ({kind})", f"(None, {c(dims)})", c(number)))
    if style == "keras2":
        lines += ["_" * 65, "Layer (type)                 Output Shape              Param #   ", "=" * 65]
        for name, shown, number in body:
            lines += [f"{name:<40} {shown:<30} {number}", "_" * 65]
        lines += [
            "=" * 65,
            f"Total params: {c(f'{total:,}')}",
            f"Trainable params: {c(f'{total - frozen:,}')}",
            f"Non-trainable params: {c(f'{frozen:,}')}",
            "_" * 65,
        ]
        return "\n".join(lines)

    def size(count: int) -> str:
        for unit, power in (("MB", 2), ("KB", 1)):
            if count * 4 >= 1024**power:
                return c(f"{count * 4 / 1024**power:.2f} {unit}")
        return f"{count * 4:.2f} B"

    lines += [
        "┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┓",
        "┃ Layer (type)    ┃ Output Shape ┃ Param # ┃",
        "┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━┩",
    ]
    for name, shown, number in body:
        lines += [f"│ {name} │ {shown} │ {number} │", "├─────────────────┼──────────────┼─────────┤"]
    lines[-1] = "└─────────────────┴──────────────┴─────────┘"
    lines += [
        f" Total params: {c(f'{total:,}')} ({size(total)})",
        f" Trainable params: {c(f'{total - frozen:,}')} ({size(total - frozen)})",
        f" Non-trainable params: {c(f'{frozen:,}')} ({size(frozen)})",
    ]
    return "\n".join(lines)


_TORCH = {
    "conv": "Conv2d",
    "pool": "MaxPool2d",
    "fc": "Linear",
    "relu": "ReLU",
    "bn": "BatchNorm2d",
    "dropout": "Dropout",
    "avgpool": "AdaptiveAvgPool2d",
    "lrn": "LocalResponseNorm",
}


def _torch_nodes(report: Report) -> list[Node]:
    return [node for node in report.graph.nodes if node.in_model and node.layer.row_kind in _TORCH]


def torchsummary(report: Report) -> str:
    """As torchsummary 1.5.1 prints it."""
    lines = ["-" * 64, f"{'Layer (type)':>20}  {'Output Shape':>25} {'Param #':>15}", "=" * 64]
    values = 0
    for number, node in enumerate(_torch_nodes(report), start=1):
        count = sum(p.elements for p in node.params if p.role != "buffer")
        values += prod(node.shape)
        dims = ", ".join(map(str, node.shape))
        name = f"{_TORCH[node.layer.row_kind]}-{number}"
        lines.append(f"{name:>20}  {'[-1, ' + c(dims) + ']':>25} {c(f'{count:,}'):>15}")
    params = report.total.params
    image = prod(report.graph.image)
    mib = 4 / 1024**2
    total = params * mib + image * mib + 2 * values * mib
    lines += [
        "=" * 64,
        f"Total params: {c(f'{params:,}')}",
        f"Trainable params: {c(f'{params:,}')}",
        f"Non-trainable params: {c(0)}",
        "-" * 64,
        f"Input size (MB): {c(f'{image * mib:.2f}')}",
        f"Forward/backward pass size (MB): {c(f'{2 * values * mib:.2f}')}",
        f"Params size (MB): {c(f'{params * mib:.2f}')}",
        f"Estimated Total Size (MB): {c(f'{total:.2f}')}",
        "-" * 64,
    ]
    return "\n".join(lines)


def torchinfo(report: Report, batch: int = 1) -> str:
    """As torchinfo 1.8.0 prints it."""
    lines = [
        "=" * 90,
        "Layer (type:depth-idx)                   Output Shape              Param #",
        "=" * 90,
        f"VGG                                      [{batch}, {c(report.graph.classes)}]                 --",
    ]
    if report.graph.classes is None:
        lines.pop()
    depth = 0
    block = ""
    number: dict[str, int] = {}
    for node in _torch_nodes(report):
        part = "classifier" if (node.torch_name or "").startswith("classifier") else "features"
        if part != block and node.layer.row_kind != "avgpool":
            depth += 1
            shape = next(
                n.shape for n in reversed(_torch_nodes(report)) if (n.torch_name or "").startswith(part)
            )
            dims = ", ".join(map(str, (batch, *shape)))
            lines.append(f"├─Sequential: 1-{depth:<26} {'[' + c(dims) + ']':<25} --")
            block = part
        count = sum(p.elements for p in node.params if p.role != "buffer")
        kind = _TORCH[node.layer.row_kind]
        number[kind] = number.get(kind, 0) + 1
        dims = ", ".join(map(str, node.shape))
        prefix = "├─" if node.layer.row_kind == "avgpool" else "│    └─"
        lines.append(
            f"{prefix}{kind}: 2-{number[kind]:<26} {f'[{batch}, ' + c(dims) + ']':<25} "
            f"{c(f'{count:,}') if count else '--'}"
        )
    params, image = report.total.params, prod(report.graph.image)
    passing = report.memory_bytes(find_accounting("torchinfo")) * batch
    adds = (report.operations(find_counting_rule("torchinfo")) or 0) * batch
    lines += [
        "=" * 90,
        f"Total params: {c(f'{params:,}')}",
        f"Trainable params: {c(f'{params:,}')}",
        f"Non-trainable params: {c(0)}",
        f"Total mult-adds (Units.GIGABYTES): {c(f'{adds / 1e9:.2f}')}",
        "=" * 90,
        f"Input size (MB): {c(f'{image * 4 * batch / 1e6:.2f}')}",
        f"Forward/backward pass size (MB): {c(f'{passing / 1e6:.2f}')}",
        f"Params size (MB): {c(f'{params * 4 / 1e6:.2f}')}",
        f"Estimated Total Size (MB): {c(f'{(params * 4 + image * 4 * batch + passing) / 1e6:.2f}')}",
        "=" * 90,
    ]
    return "\n".join(lines)


def print_model(report: Report) -> str:
    """As torch prints a module."""
    lines = ["VGG("]
    for part in ("features", "avgpool", "classifier"):
        nodes = [n for n in _torch_nodes(report) if (n.torch_name or "").startswith(part)]
        if not nodes:
            continue
        if part == "avgpool":
            size = nodes[0].shape[1:]
            lines.append(f"  (avgpool): AdaptiveAvgPool2d(output_size=({c(size[0])}, {c(size[1])}))")
            continue
        lines.append(f"  ({part}): Sequential(")
        for index, node in enumerate(nodes):
            module = node.layer.torch_module(*node.in_shapes)
            arguments = [c(a) if node.layer.row_kind != "lrn" else str(a) for a in module.args]
            for key, value in module.kwargs.items():
                marked = node.layer.row_kind in ("conv", "pool") and key in (
                    "kernel_size",
                    "stride",
                    "padding",
                )
                marked = marked or key in ("in_features", "out_features")
                if isinstance(value, tuple):
                    text = "(" + ", ".join(c(v) if marked else str(v) for v in value) + ")"
                else:
                    text = c(value) if marked else str(value)
                arguments.append(f"{key}={text}")
            lines.append(f"    ({index}): {module.name}({', '.join(arguments)})")
        lines.append("  )")
    return "\n".join([*lines, ")"])


def _table_rows(report: Report) -> Iterator[tuple[Row, list[str]]]:
    for row in report.rows:
        yield (
            row,
            [
                row.name,
                row.label or "input",
                c(hwc(row.output_shape)),
                c(f"{row.params:,}") if row.params else "0",
                c(f"{row.macs:,}") if row.macs else "0",
                c(f"{row.output_values:,}"),
            ],
        )


HEADERS = {
    "en": ["Layer", "Type", "Output shape", "Parameters", "MACs", "Activations"],
    "zh": ["层", "类型", "输出尺寸", "参数量", "乘加次数(MACs)", "激活值数量"],
    "ja": ["層", "種類", "出力サイズ", "パラメータ数", "積和演算数(MACs)", "出力要素数"],
    "ko": ["레이어", "유형", "출력 크기", "파라미터 수", "MACs", "활성값 수"],
    "de": ["Schicht", "Typ", "Ausgabegröße", "Parameter", "MACs", "Aktivierungen"],
}


def _grid(report: Report, language: str) -> tuple[list[str], list[list[str]]]:
    rows = [cells for _, cells in _table_rows(report)]
    total = report.total
    closing = {"en": "Total", "zh": "合计", "ja": "合計", "ko": "합계", "de": "Summe"}[language]
    rows.append(
        [closing, "", "", c(f"{total.params:,}"), c(f"{total.macs:,}"), c(f"{total.output_values:,}")]
    )
    return HEADERS[language], rows


def markdown(report: Report, language: str = "en") -> str:
    header, rows = _grid(report, language)
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def html(report: Report, language: str = "en") -> str:
    header, rows = _grid(report, language)
    lines = ["<table>", "<tr>" + "".join(f"<th>{cell}</th>" for cell in header) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "\n".join([*lines, "</table>"])


def latex(report: Report, language: str = "en") -> str:
    header, rows = _grid(report, language)
    lines = [r"\begin{tabular}{llrrrr}", r"\hline", " & ".join(header) + r" \\", r"\hline"]
    lines += [" & ".join(cell.replace("_", r"\_") for cell in row) + r" \\" for row in rows]
    return "\n".join([*lines, r"\hline", r"\end{tabular}"])


def csv(report: Report, language: str = "en") -> str:
    header, rows = _grid(report, language)
    quoted = ((f'"{cell}"' if "," in cell else cell for cell in row) for row in (header, *rows))
    return "\n".join(",".join(row) for row in quoted)


def tsv(report: Report, language: str = "en") -> str:
    header, rows = _grid(report, language)
    return "\n".join("\t".join(row) for row in (header, *rows))


def networks() -> str:
    """A table across networks."""
    lines = ["| Model | Params (M) | GMACs | Size (MiB) |", "|---|---|---|---|"]
    for name, title in (("A", "VGG-11"), ("B", "VGG-13"), ("D", "VGG-16"), ("E", "VGG-19")):
        total = analyze(build_graph(load_spec(name))).total
        lines.append(
            f"| {title} | {c(f'{total.params / 1e6:.2f}')} | {c(f'{total.macs_known / 1e9:.2f}')} | "
            f"{c(f'{total.params * 4 / 2**20:.1f}')} |"
        )
    return "\n".join(lines)


def prose(report: Report) -> str:
    """Sentences and bullets about one network."""
    title = {"A": "VGG-11", "B": "VGG-13", "D": "VGG-16", "E": "VGG-19"}.get(
        report.name, f"VGG configuration {report.name}"
    )
    total = report.total
    lines = [
        f"# {title}",
        "",
        f"{title} has {c(f'{total.params / 1e6:.1f}M')} parameters and needs "
        f"{c(f'{total.macs_known / 1e9:.2f}')} GMACs for one image.",
        "",
        f"- {c(report.conv_layers)} conv layers and {c(report.fc_layers)} FC layers",
        f"- weights: {c(f'{total.params * 4 / 2**20:.0f} MiB')} in float32",
        f"- {title} has {c(f'{total.params:,}')} parameters in all",
    ]
    return "\n".join(lines)


Renderer = Callable[[Report], str]
RENDERERS: dict[str, tuple[Renderer, str]] = {
    "cs231n": (cs231n, ".txt"),
    "cs231n weights": (lambda r: cs231n(r, "weights"), ".txt"),
    "cs231n with biases": (lambda r: cs231n(r, "params", biases=True), ".txt"),
    "keras 2": (keras, ".txt"),
    "keras 3": (lambda r: keras(r, "keras3"), ".txt"),
    "torchsummary": (torchsummary, ".txt"),
    "torchinfo": (torchinfo, ".txt"),
    "torchinfo, batch 32": (lambda r: torchinfo(r, 32), ".txt"),
    "print(model)": (print_model, ".txt"),
    "markdown": (markdown, ".md"),
    "markdown zh": (lambda r: markdown(r, "zh"), ".md"),
    "markdown ja": (lambda r: markdown(r, "ja"), ".md"),
    "markdown ko": (lambda r: markdown(r, "ko"), ".md"),
    "html": (html, ".html"),
    "latex": (latex, ".tex"),
    "csv": (csv, ".csv"),
    "tsv de": (lambda r: tsv(r, "de"), ".tsv"),
}


def documents(wanted: str = "", *, deep: bool = True) -> Iterator[Case]:
    """Every right document, of the dialects whose name begins with ``wanted``."""
    for what, report, has_bn in reports(deep=deep):
        for dialect, (render, suffix) in RENDERERS.items():
            if not dialect.startswith(wanted):
                continue
            if dialect.startswith("cs231n") and (has_bn or any(row.kind == "lrn" for row in report.rows)):
                continue
            if dialect.startswith("keras") and any(row.kind == "lrn" for row in report.rows):
                continue
            yield Case(f"{dialect}: {what}", dialect, render(report), suffix)
        if "prose".startswith(wanted or "prose") and what in ("A", "B", "D", "E"):
            yield Case(f"prose: {what}", "prose", prose(report), ".md")
    if "networks".startswith(wanted or "networks"):
        yield Case("networks", "networks", networks(), ".md")
