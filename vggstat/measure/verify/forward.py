"""A real forward pass on random data, and the FC layers as convolutions with the same weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

import torch
from torch import Tensor, nn

from vggstat.cost.check import Check, Verdict, judge, unchecked
from vggstat.cost.report import Report, analyze
from vggstat.errors import UsageError, VggstatError
from vggstat.measure.module import Network, as_torch_dtype, build_module, fill
from vggstat.measure.products import multiplied
from vggstat.net.graph import Graph
from vggstat.sources.spec.build import build_graph

__all__ = ["SOURCE", "TOLERANCES", "check_forward", "require_device"]

SOURCE: Final = "forward"
LARGE_SIDE: Final = 384
"""The side of the larger image: the paper's second test scale."""

TOLERANCES: Final = {"float32": 1e-5, "tf32": 1e-2, "float16": 1e-2, "bfloat16": 2e-2}
"""Relative L2 distance of the two ways to compute the FC layers, by dtype: the orders of summation differ."""

SEED: Final = 20140904


def require_device(device: str) -> torch.device:
    """The device of that name. Raises UsageError where torch does not know it or there is none here."""
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise UsageError(f"unknown device {device!r}: expected cpu, cuda or cuda:1") from None
    if chosen.type not in ("cpu", "cuda"):
        raise UsageError(f"cannot run on {device!r}: expected cpu, cuda or cuda:1")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"torch {torch.__version__} sees no device {device} here: leave --device out for the CPU"
        )
    return chosen


def check_forward(report: Report, device: torch.device) -> Iterator[Check]:
    """One random image through the model, then through the model whose FC layers are convolutions."""
    graph = report.graph
    # float32 is multiplied in float32 on a GPU too, unless the workload says tf32.
    is_tf32 = report.workload.dtype.name == "tf32"
    with multiplied(tf32=is_tf32, search=False), torch.inference_mode():
        model = build_module(graph, device=device, dtype=as_torch_dtype(report.workload.dtype)).eval()
        fill(model, seed=SEED)
        with _last_maps(model) as maps:
            output = model(_image(graph, model, device))[0]
        yield judge(
            SOURCE, "output_shape", tuple(output.shape), graph.output_shape, convention="one random image"
        )
        finite = int(torch.isfinite(output).sum())
        yield judge(SOURCE, "finite_values", finite, output.numel(), convention="one random image")
        yield _softmax_sum(output)
        yield from _check_dense(report, model, device, maps)
    if device.type == "cpu":
        reason = "--device cuda" if torch.cuda.is_available() else "no CUDA device"
        yield unchecked(SOURCE, "forward_on_gpu", reason)


def _image(graph: Graph, model: nn.Module, device: torch.device) -> Tensor:
    """An image of the graph's shape, from a generator of its own."""
    generator = torch.Generator().manual_seed(SEED)
    image = torch.rand((1, *graph.image), generator=generator) * 2 - 1
    return image.to(device=device, dtype=next(model.parameters()).dtype)


def _softmax_sum(output: Tensor) -> Check:
    """The probabilities' sum, of every position of a map; computed in float32, off by less than 1e-5."""
    sums = torch.softmax(output.float(), dim=0).sum(dim=0)
    worst = float(sums.flatten()[(sums - 1).abs().argmax()])
    good = abs(worst - 1) < 1e-5
    return Check(
        source=SOURCE,
        quantity="softmax_sum",
        stated=round(worst, 7),
        computed=1.0,
        convention="one random image",
        verdict=Verdict.AGREES if good else Verdict.DISAGREES,
        note="" if good else f"off by {abs(worst - 1):.1e}, where 1e-05 is allowed",
    )


def _check_dense(report: Report, model: Network, device: torch.device, seen: list[Tensor]) -> Iterator[Check]:
    """Same weights, same output at the spec's own input; and a map of outputs on a larger image.

    ``seen`` holds the maps of the features on the report's image, so that they are not computed twice.
    """
    spec = report.graph.spec
    name = "fc_as_convolution"
    if report.graph.head not in ("adaptive", "flatten"):
        yield unchecked(SOURCE, name, f"head {report.graph.head} has no FC layers that take a whole map")
        return
    try:
        own = build_graph(spec, head=report.graph.head, classes=report.graph.classes)
        dense = build_graph(spec, head="conv", classes=report.graph.classes)
        large = build_graph(spec, image=_large(spec.input), head="conv", classes=report.graph.classes)
    except VggstatError as error:
        yield unchecked(SOURCE, name, str(error))
        return
    if analyze(own).total.params != analyze(report.graph).total.params:
        yield unchecked(SOURCE, name, "the FC layers of this input size are not those of the spec's own")
        return
    converted = _convert(model, dense)
    same_image = bool(seen) and own.image == report.graph.image
    maps = seen[0] if same_image else _features(model)(_image(own, model, device))
    vector = _classify(model, maps).float()
    same = _run(converted, maps).flatten(1).float()
    distance = float((same - vector).norm() / vector.norm())
    dtype = report.workload.dtype.name
    allowed = TOLERANCES[dtype]
    close = distance <= allowed
    yield Check(
        source=SOURCE,
        quantity=name,
        stated=float(f"{distance:.1e}"),
        computed=allowed,
        convention="relative L2",
        verdict=Verdict.AGREES if close else Verdict.DISAGREES,
        note="" if close else f"{distance:.1e} apart, where {allowed:.0e} is allowed",
    )
    output = _run(converted, _features(model)(_image(large, model, device)))[0]
    yield judge(
        SOURCE,
        "output_map",
        tuple(output.shape),
        large.output_shape,
        convention=f"{large.image[1]}×{large.image[2]} image",
    )


def _large(own: tuple[int, int, int]) -> tuple[int, int, int]:
    channels, height, width = own
    return (channels, max(LARGE_SIDE, height), max(LARGE_SIDE, width))


@contextmanager
def _last_maps(model: Network) -> Iterator[list[Tensor]]:
    """A list that holds the last map of the model's features once it has run."""
    seen: list[Tensor] = []
    layers = list(_features(model).children()) if hasattr(model, "features") else []
    handles = [layer.register_forward_hook(lambda *run: seen.append(run[-1])) for layer in layers[-1:]]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _features(model: Network) -> nn.Module:
    return cast(nn.Module, model.features)


def _classify(model: Network, maps: Tensor) -> Tensor:
    """What the model makes of the maps of its features."""
    if hasattr(model, "avgpool"):
        maps = cast(nn.Module, model.avgpool)(maps)
    return cast(Tensor, cast(nn.Module, model.classifier)(torch.flatten(maps, 1)))


def _convert(model: Network, dense: Graph) -> nn.Module:
    """The classifier of ``dense`` on the memory of ``model``'s weights, seen as kernels: nothing is copied.

    The flatten is channel-major, as torch's convolution weights are, so a view is enough.
    """
    converted = build_module(dense)
    weights = {
        name: model.get_parameter(name).view(tensor.shape)
        for name, tensor in converted.named_parameters()
        if name.startswith("classifier.")
    }
    converted.load_state_dict(weights, strict=False, assign=True)
    return cast(nn.Module, converted.classifier).eval()


def _run(classifier: nn.Module, maps: Tensor) -> Tensor:
    """The convolutions without oneDNN, which would copy the 411 MB of VGG's first kernel into its own layout."""
    # Not mkldnn.flags, which sets TF32 too and then warns that only Intel GPUs have it.
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False  # type: ignore[assignment]
    try:
        return cast(Tensor, classifier(maps))
    finally:
        torch.backends.mkldnn.enabled = before
