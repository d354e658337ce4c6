"""Ways to run a convolution, an FC layer or a pool with all that follows it, each as few kernels as it can.

Which of them is the fastest, and whether one is there at all, only the machine says: see ``fused``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from vggstat.cost.traffic import Style
from vggstat.measure.bench.pixels import columns, compiled, dense_weight, grouped, is_narrow, to_few, widened

__all__ = [
    "Call",
    "Conv",
    "Dense",
    "Piece",
    "Pool",
    "Way",
    "conv_ways",
    "dense_ways",
    "likeness",
    "pool_ways",
]

Call = Callable[[Tensor], Tensor]

SPLITS: Final = 8
FEW_IMAGES: Final = 16
"""Up to so many images an FC layer reads its weights for little work, and several readers help."""
PLANS: Final = 8
"""So many of cuDNN's plans are tried, its own favourites first: on an H200 the fastest was among them up to the last."""
PIXELS: Final = (2, 4, 8)
"""How many pixels of a row are taken as one where there are few channels."""


class Conv(NamedTuple):
    """A convolution, with the ReLU that follows it or without."""

    weight: Tensor
    bias: Tensor | None
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    relu: bool


class Dense(NamedTuple):
    """An FC layer, with the ReLU that follows it or without."""

    weight: Tensor
    bias: Tensor | None
    relu: bool


class Pool(NamedTuple):
    """A max-pool over square windows."""

    kernel: int
    stride: int
    padding: int


Piece = Conv | Dense | Pool


def likeness(piece: Piece) -> tuple[Any, ...]:
    """What two pieces have in common that take equally long on equal inputs: all but their values."""
    return (
        type(piece).__name__,
        *(tuple(each.shape) if isinstance(each, Tensor) else each for each in piece),
    )


class Way(NamedTuple):
    """One way: its name, the kernels that it stands for, and what makes the call for inputs like one."""

    name: str
    style: Style
    prepare: Callable[[Tensor], Call]


def conv_ways(conv: Conv, device: str, shape: tuple[int, ...]) -> Iterator[Way]:
    """Ways of a convolution over maps of ``(batch, channels, height, width)``, torch's own kernels apart among them."""
    if device == "cpu":
        yield Way("oneDNN", "fused", partial(_onednn_conv, conv))
    else:
        if find_spec("cudnn") is not None:
            for plan in range(PLANS):
                yield Way("cuDNN graph", "fused", partial(_cudnn_graph, conv, plan))
        if conv.relu:
            yield Way("cudnn_convolution_relu", "cudnn-relu", lambda _: partial(_cudnn_relu, conv))
        if is_narrow(conv.weight, conv.stride, conv.dilation, conv.groups) and conv.padding == tuple(
            side // 2 for side in conv.weight.shape[2:]
        ):
            yield from _narrow_ways(conv, shape[3])
    yield Way("kernels apart", "eager", lambda _: partial(_conv_apart, conv))


def _narrow_ways(conv: Conv, width: int) -> Iterator[Way]:
    """Ways of a convolution over few channels; its inner one's plans are each tried."""
    for count in PIXELS:
        if width % count == 0:
            if find_spec("cudnn") is not None:
                for plan in range(PLANS):
                    yield Way(
                        f"cuDNN graph over {count} pixels", "fused", partial(_over_pixels, conv, count, plan)
                    )
            if conv.relu:
                yield Way(
                    f"cudnn_convolution_relu over {count} pixels",
                    "cudnn-relu",
                    partial(_over_pixels, conv, count, None),
                )
    if conv.relu and conv.bias is not None:
        yield Way("im2col and addmm with ReLU", "fused", partial(_im2col, conv))


def dense_ways(dense: Dense, device: str, images: int) -> Iterator[Way]:
    """Ways of an FC layer."""
    if device == "cpu":
        yield Way("oneDNN", "fused", lambda _: partial(_onednn_dense, dense))
    if dense.relu and dense.bias is not None:
        yield Way("addmm with ReLU", "fused", lambda _: partial(_addmm_relu, dense))
    if images <= FEW_IMAGES and dense.weight.shape[1] % SPLITS == 0:
        yield Way(f"split-K in {SPLITS}", "eager", lambda _: partial(_split_k, dense))
    yield Way("kernels apart", "eager", lambda _: partial(_dense_apart, dense))


def pool_ways(pool: Pool, device: str, shape: tuple[int, ...]) -> Iterator[Way]:
    """Ways of a max-pool over maps of ``(batch, channels, height, width)``."""
    if pool.kernel == pool.stride and not pool.padding and not any(side % pool.kernel for side in shape[2:]):
        yield Way("amax", "fused", lambda _: partial(_amax, pool))
    if device != "cpu":
        yield Way("Inductor", "fused", lambda _: compiled(_pool_apart, pool))
    yield Way("pool with indices", "eager", lambda _: partial(_pool_apart, pool))


# convolutions


def _conv_apart(conv: Conv, x: Tensor) -> Tensor:
    y = functional.conv2d(x, conv.weight, conv.bias, conv.stride, conv.padding, conv.dilation, conv.groups)
    return functional.relu_(y) if conv.relu else y


def _onednn_conv(conv: Conv, x: Tensor) -> Call:
    """oneDNN's convolution with its ReLU, the weights laid out once (Inductor's own operations, torch 2.6 to 2.13)."""
    ops: Any = torch.ops.mkldnn
    lists = (list(conv.padding), list(conv.stride), list(conv.dilation), conv.groups)
    packed = ops._reorder_convolution_weight(conv.weight, *lists, list(x.shape))
    ending: tuple[Any, ...] = ("relu" if conv.relu else "none", [], "")
    return lambda images: ops._convolution_pointwise(images, packed, conv.bias, *lists, *ending)


def _cudnn_relu(conv: Conv, x: Tensor) -> Tensor:
    """cuDNN adds 0 times the output's old content: 0 times a NaN that lies there is a NaN, which has to be looked for."""
    return torch.cudnn_convolution_relu(
        x, conv.weight, conv.bias, conv.stride, conv.padding, conv.dilation, conv.groups
    )


def _cudnn_graph(conv: Conv, plan: int, x: Tensor) -> Call:
    """One of cuDNN's plans for convolution, bias and ReLU as one graph (nvidia-cudnn-frontend 1.x).

    Raises IndexError where there is no plan of that number.
    """
    import cudnn

    formats = {
        torch.bfloat16: cudnn.data_type.BFLOAT16,
        torch.float16: cudnn.data_type.HALF,
        torch.float32: cudnn.data_type.FLOAT,
    }
    handle = cudnn.create_handle()
    graph = cudnn.pygraph(
        handle=handle,
        io_data_type=formats[x.dtype],
        intermediate_data_type=cudnn.data_type.FLOAT,
        compute_data_type=cudnn.data_type.FLOAT,
    )
    image, weight = graph.tensor_like(x), graph.tensor_like(conv.weight)
    result = graph.conv_fprop(
        image=image,
        weight=weight,
        padding=list(conv.padding),
        stride=list(conv.stride),
        dilation=list(conv.dilation),
    )
    given = {image: x, weight: conv.weight}
    if conv.bias is not None:
        bias = conv.bias.view(1, -1, 1, 1)
        added = graph.tensor_like(bias)
        result = graph.bias(input=result, bias=added)
        given[added] = bias
    if conv.relu:
        result = graph.relu(input=result)
    result.set_output(True).set_data_type(formats[x.dtype])
    graph.validate()
    graph.build_operation_graph()
    graph.create_execution_plans([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
    if plan >= graph.get_execution_plan_count():
        raise IndexError(f"cuDNN has no plan {plan}")
    graph.build_plan_at_index(plan)
    size = max(1, graph.get_workspace_size_plan_at_index(plan))
    workspace = torch.empty(size, device=x.device, dtype=torch.uint8)
    like = _conv_apart(conv, x)
    size, stride = like.shape, like.stride()
    del like  # a map for each layer would be all activations of the pass

    def call(images: Tensor) -> Tensor:
        made = torch.empty_strided(size, stride, device=images.device, dtype=images.dtype)
        cudnn.set_stream(handle=handle, stream=torch.cuda.current_stream().cuda_stream)
        graph.execute_plan_at_index({**given, image: images, result: made}, workspace, plan, handle=handle)
        return made

    return call


def _over_pixels(conv: Conv, count: int, plan: int | None, x: Tensor) -> Call:
    """Neighbouring pixels taken as one: by one of cuDNN's plans, or by cudnn_convolution_relu."""
    weight, bias, padding = grouped(conv.weight, conv.bias, count)
    inner = conv._replace(weight=weight, bias=bias, padding=padding)
    pad = _pad()
    batch, _, height, width = x.shape
    like = x.new_empty((batch, height, width // count, weight.shape[1])).permute(0, 3, 1, 2)
    call = partial(_cudnn_relu, inner) if plan is None else _cudnn_graph(inner, plan, like)
    return partial(widened, call, count, pad)


@cache
def _pad() -> Call:
    """One for all that take pixels as one: each would compile the same kernel anew."""
    return compiled(to_few)


def _im2col(conv: Conv, x: Tensor) -> Call:
    """The windows laid out by one kernel, and one product with bias and ReLU at its end."""
    lay_out, weight, bias = compiled(columns, conv.weight.shape[2]), dense_weight(conv.weight), conv.bias
    batch, _, height, width = x.shape

    def call(images: Tensor) -> Tensor:
        assert bias is not None
        made = torch._addmm_activation(bias, lay_out(images), weight)
        return made.view(batch, height, width, -1).permute(0, 3, 1, 2)

    return call


# FC layers


def _dense_apart(dense: Dense, x: Tensor) -> Tensor:
    y = functional.linear(x, dense.weight, dense.bias)
    return functional.relu_(y) if dense.relu else y


def _onednn_dense(dense: Dense, x: Tensor) -> Tensor:
    ops: Any = torch.ops.mkldnn
    made: Tensor = ops._linear_pointwise(
        x, dense.weight, dense.bias, "relu" if dense.relu else "none", [], ""
    )
    return made


def _addmm_relu(dense: Dense, x: Tensor) -> Tensor:
    """cuBLASLt's product with bias and ReLU at its end."""
    assert dense.bias is not None
    return torch._addmm_activation(dense.bias, x, dense.weight.t())


def _split_k(dense: Dense, x: Tensor) -> Tensor:
    """The inputs in parts, whose products are added up: as many readers of the weights as there are parts."""
    outputs, inputs = dense.weight.shape
    parts = dense.weight.view(outputs, SPLITS, inputs // SPLITS).permute(1, 2, 0)
    y = torch.bmm(x.view(-1, SPLITS, inputs // SPLITS).transpose(0, 1), parts).sum(0)
    y = y if dense.bias is None else y.add_(dense.bias)
    return functional.relu_(y) if dense.relu else y


# pools


def _pool_apart(pool: Pool, x: Tensor) -> Tensor:
    return functional.max_pool2d(x, pool.kernel, pool.stride, pool.padding)


def _amax(pool: Pool, x: Tensor) -> Tensor:
    """The maximum over windows that lie side by side, in whichever layout the map has."""
    size = pool.kernel
    batch, channels, height, width = x.shape
    if x.is_contiguous(memory_format=torch.channels_last):
        windows = x.permute(0, 2, 3, 1).view(batch, height // size, size, width // size, size, channels)
        return windows.amax((2, 4)).permute(0, 3, 1, 2)
    return x.reshape(batch, channels, height // size, size, width // size, size).amax((3, 5))
