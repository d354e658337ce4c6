"""What a traced model holds beside its maps: buffers that nothing takes, copies before a product, memory of no input."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.measure.styles import STYLES
from vggstat.cost.accounting import find_accounting
from vggstat.cost.check import Verdict
from vggstat.cost.inference import inference_peak, peak_as_written
from vggstat.cost.items import parameter_items
from vggstat.cost.report import analyze
from vggstat.cost.training import training_peak
from vggstat.cost.workload import Workload
from vggstat.errors import UnknownMemoryError
from vggstat.measure.verify.counters import hooks, mem_tracker
from vggstat.measure.verify.subject import subject_of
from vggstat.net.graph import Beside, Graph
from vggstat.sources.spec.writer import write_spec
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.torch_module.trace import trace
from vggstat.sources.torch_module.untouched import untouched
from vggstat.sources.wanted import Wanted


def traced(model: nn.Module, *shape: int) -> Graph:
    return trace(model.to("meta"), shape)


class Spare(nn.Module):
    """A batch norm that nothing calls, beside a table in whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(7)
        self.register_buffer("table", torch.arange(5))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)  # type: ignore[no-any-return]


def test_buffers_that_nothing_takes_lie_in_memory() -> None:
    """14 float32 statistics, a counter in int64 and 5 entries of the table, beside the parameters of both layers."""
    graph = traced(Spare(), 3, 8, 8)
    held = 4 * (3 * 4 + 4 + 2 * 7) + 4 * 2 * 7 + 8 * (1 + 5)
    names = [param.path for param in graph.unused_buffers]

    assert names == ["table", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
    assert analyze(graph).file_bytes == held
    assert sum(item.bytes for item in parameter_items(graph, Workload())) == held
    assert [row.name for row in analyze(graph).rows] == ["input", "conv", "norm"]


class Heads(nn.Module):
    """Products of maps that are split into heads: 3 places, 2 heads of 4 values, in one piece of memory or not."""

    def __init__(self, *, in_pieces: bool) -> None:
        super().__init__()
        self.in_pieces = in_pieces

    def forward(self, x: Tensor) -> Tensor:
        heads = x.view(x.shape[0], 2, 3, 4)
        if self.in_pieces:
            heads = x.view(x.shape[0], 3, 2, 4).transpose(1, 2)
        return heads @ heads.transpose(-2, -1)


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_product_copies_factors_that_lie_in_pieces(in_pieces: bool) -> None:
    """torch multiplies lists of matrices: both factors of 24 values are copied where memory holds no such list."""
    graph = traced(Heads(in_pieces=in_pieces), 24)
    (product,) = (node for node in graph.nodes if node.layer.row_kind == "matmul")
    copies = 2 * 24 if in_pieces else 0

    assert getattr(product.layer, "copies", None) == copies
    assert inference_peak(graph, Workload(batch=5)).bytes == 5 * 4 * (24 + copies + 2 * 3 * 3)
    assert inference_peak(graph, Workload()).bytes == 4 * (
        24 + 2 * 3 * 3
    )  # heads of one image are a list of matrices


def test_where_copies_are_not_known_the_peak_is_not() -> None:
    """einsum takes an order of its own, and an FC layer that does not learn multiplies places in pieces in another way."""

    class Sums(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.einsum("bij,bjk->bik", x, x)

    class Places(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4).requires_grad_(False)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(x.permute(0, 2, 3, 1))  # type: ignore[no-any-return]

    for model, shape in ((Sums(), (4, 4)), (Places(), (4, 5, 6))):
        with pytest.raises(UnknownMemoryError, match="needs while it runs"):
            inference_peak(traced(model, *shape), Workload(batch=2))


class Scaled(nn.Module):
    """Queries, keys and values as parts of one map, the queries times something: memory keeps them, or copies of them."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 24)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.fc(x).view(x.shape[0], 5, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        return ((q * 2) @ k.transpose(-2, -1)).softmax(-1) @ v  # type: ignore[no-any-return]


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_of_one_image_no_copies_are_kept(batch: int) -> None:
    """A copy of keys and values of each image is kept, 40 each; of a single image the whole map that they are parts of, 120."""
    graph = traced(Scaled(), 5, 8)
    model = Scaled()
    own = {tensor.untyped_storage()._cdata for tensor in model.parameters()}
    kept: dict[int, int] = {}
    alive = []

    def pack(tensor: Tensor) -> Tensor:
        alive.append(tensor)
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(torch.ones(batch, 5, 8))
    seen = sum(size for storage, size in kept.items() if storage not in own)
    # what enters, the scaled queries, and the softmax of 2 × 5 × 5
    others = 40 + 40 + 50

    assert seen == 4 * (others + 120 if batch == 1 else batch * (others + 2 * 40))
    assert analyze(graph, Workload(batch=batch)).memory_bytes(find_accounting("saved")) == seen


class Homeless(nn.Module):
    """Makes a tensor without a thought for where its weights lie."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(6, 9)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x).view(-1, 3, 3) + torch.from_numpy(np.eye(3, dtype=np.float32))  # type: ignore[no-any-return]


def test_what_lies_on_the_cpu_is_traced_there() -> None:
    """On meta it does not fit: the model is run once more on fake tensors of a CPU, and verified there."""
    source = TorchSource(model=Homeless().to("meta"), name="homeless")
    report = analyze(source.graph(Wanted(inputs={"x": (6,)})))
    subject = subject_of(report, source, Wanted(inputs={"x": (6,)}))

    assert report.total.params == 6 * 9 + 9
    assert [check.verdict for check in hooks.count(subject) if check.layer == "fc"] == [Verdict.AGREES]


def test_factors_by_name_are_factors() -> None:
    """A call may name all of its arguments; memory like another tensor's is no work."""

    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(4, 6))

        def forward(self, x: Tensor) -> Tensor:
            x = nn.functional.linear(input=x, weight=self.weight)
            return x * x.new_empty((x.shape[0], 1)).bernoulli_(0.5)

    graph = traced(Named(), 6)

    assert analyze(graph).total.macs == 4 * 6
    assert [node.layer.row_kind for node in graph.nodes] == ["fc", "pointwise", "pointwise", "pointwise"]


def test_memory_that_comes_from_no_input_is_there_as_long_as_the_model_holds_it() -> None:
    """A table of 2 heads for 16 × 16 places is made of weights, and has a name until the model returns."""
    style = STYLES["windows"]
    with torch.device("meta"):
        model = style.make()
    graph = TorchSource(model=model, name="windows").graph(Wanted(inputs=style.inputs))
    names = [node.name for node in graph.nodes]
    (table,) = graph.beside

    assert table == Beside(2 * 16 * 16, None, True, names.index("matmul") + 1, len(names))
    with pytest.raises(UnknownMemoryError, match="memory that comes from no input"):
        training_peak(graph, Workload())


class Mask(nn.Module):
    """Whole numbers that it makes of nothing, gone before the last layer, and values that are made for each image."""

    def forward(self, x: Tensor) -> Tensor:
        places = torch.arange(10, device=x.device)
        x = x * places
        del places
        ones = torch.ones(x.shape[0], 10, device=x.device)
        return torch.tanh(x + ones)


def test_what_is_made_of_nothing_has_its_width_and_its_batch() -> None:
    """10 numbers in int64 once, then 10 values of each image: the second product's output, its input and the values."""
    graph = traced(Mask(), 10)

    assert graph.beside == (Beside(10, 8, True, 0, 1), Beside(10, None, False, 1, 3))
    # image, the first product, the ones and the sum; then the sum, the ones and what tanh makes, with the image
    assert inference_peak(graph, Workload(batch=3)).bytes == 4 * 3 * 10 * 4


def test_the_first_convolution_that_is_listed_need_not_run_first() -> None:
    """Where the model does not run on as many channels as that one takes, colours are tried."""

    class Late(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.stem = nn.Conv2d(16, 16, 3), nn.Conv2d(3, 16, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.body(self.stem(x))  # type: ignore[no-any-return]

    source = TorchSource(model=Late().to("meta"), name="late")

    assert source.graph(Wanted(image=(None, 9, 9))).image == (3, 9, 9)
    assert source.graph(Wanted()).image == (3, 224, 224)


def _disturb(model: nn.Sequential) -> None:
    model.eval()
    model.maps.append(2)  # type: ignore[operator, union-attr]
    model.more = math.pi  # type: ignore[assignment]
    first = model[0]
    model[0] = nn.Identity()
    first.weight = nn.Parameter(torch.zeros(1))
    first.register_forward_hook(lambda *_: None)
    raise RuntimeError("broken")


def test_a_model_is_as_it_was_after_a_failure() -> None:
    """Attributes, lists, hooks, modules, tensors and modes come back, whatever happens inside."""
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model.maps = [1]  # type: ignore[assignment]
    first, weight = model[0], model[0].weight
    with pytest.raises(RuntimeError, match="broken"), untouched(model):
        _disturb(model)

    assert model[0] is first
    assert first.weight is weight
    assert model.training
    assert model[1].training
    assert model.maps == [1]
    assert not hasattr(model, "more")
    assert not first._forward_hooks


def test_a_model_that_remembers_is_traced_as_if_it_never_ran() -> None:
    """What it keeps of one image is gone before the next size is tried."""

    class Remembers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale: Tensor | None = None

        def forward(self, x: Tensor) -> Tensor:
            if self.scale is None:
                self.scale = torch.ones(x.shape[1:], device=x.device)
            return x * self.scale

    model = Remembers()

    assert trace(model, (3, 4, 4)).output_shape == (3, 4, 4)
    assert model.scale is None
    assert trace(model, (3, 5, 5)).output_shape == (3, 5, 5)


class Gated(nn.Conv2d):
    """A convolution whose weight is made by a function that keeps its own result."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.weight.sigmoid(), self.bias)


class TwoByOne(nn.Module):
    """Two convolutions with one weight that is made on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3, 3, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        made = self.weight.sigmoid()
        return nn.functional.conv2d(nn.functional.conv2d(x, made), made)


@pytest.mark.parametrize("batch", [1, 2])
def test_what_is_kept_of_a_made_weight_is_no_map_and_is_kept_once(batch: int) -> None:
    """Each convolution keeps what it reads, 3 × 16 × 16 and then 8 × 14 × 14 values an image (3 × 14 × 14 of the other model),
    and the sigmoid the weight that it makes, which the convolutions keep too."""
    image, accounting = 3 * 16 * 16, find_accounting("saved")
    gated = nn.Sequential(Gated(3, 8, 3), nn.Conv2d(8, 4, 3))
    cases = ((gated, 8 * 14 * 14, 8 * 3 * 9), (TwoByOne(), 3 * 14 * 14, 3 * 3 * 9))
    for model, between, weight in cases:
        report = analyze(traced(model, 3, 16, 16), Workload(batch=batch))

        assert report.memory_bytes(accounting) == 4 * (batch * (image + between) + weight)


class ChannelsLast(nn.Module):
    """A convolution on the image in another order of memory."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return self.conv(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("batch", [1, 2])
def test_an_image_in_another_order_of_memory_is_a_copy(batch: int) -> None:
    """The image, its copy that the model holds, and the map: 13,312 bytes of one image with 224 parameters."""
    image, output = 3 * 16 * 16, 8 * 14 * 14
    graph = traced(ChannelsLast(), 3, 16, 16)

    assert peak_as_written(graph, Workload(batch=batch)).bytes == 4 * batch * (2 * image + output)
    assert "conv3-8" in write_spec(graph)  # a spec says what is computed, and nothing of copies


def test_the_peak_of_a_model_with_autocast_within_is_not_known() -> None:
    class Lowered(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x: Tensor) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return self.conv(x)  # type: ignore[no-any-return]

    with pytest.raises(UnknownMemoryError, match="uses autocast within"):
        inference_peak(traced(Lowered(), 3, 8, 8), Workload())


class Tokens(nn.Module):
    """Patches as tokens whose channels do not follow one another in memory, and FC layers on them."""

    def __init__(self, *features: int) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.layers = nn.ModuleList(nn.Linear(8, size) for size in features)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        return torch.cat([layer(tokens) for layer in self.layers], -1)


@pytest.mark.parametrize(("batch", "copies"), [(1, 0), (2, 1), (3, 1)])
def test_an_fc_layer_copies_rows_in_pieces(batch: int, copies: int) -> None:
    """Of one image the 16 tokens of 8 channels are rows of a matrix as they lie; of several each layer keeps a copy."""
    graph, image, tokens = traced(Tokens(24, 32), 3, 16, 16), 3 * 16 * 16, 16 * 8
    layers = [node.layer for node in graph.of_batch(batch).nodes if node.layer.row_kind == "fc"]
    report = analyze(graph, Workload(batch=batch))

    assert [getattr(layer, "copies", None) for layer in layers] == [copies * tokens] * 2
    assert report.memory_bytes(find_accounting("saved")) == 4 * batch * (image + (2 * copies or 1) * tokens)


def test_no_map_is_made_for_a_bias() -> None:
    """On rows in pieces torch adds it to the product, also where a counter runs the model on fake tensors."""
    source, wanted = TorchSource(model=Tokens(24).to("meta"), name="tokens"), Wanted(image=(3, 16, 16))
    report = analyze(source.graph(wanted), Workload(batch=2))

    assert mem_tracker.check_inference(subject_of(report, source, wanted)).verdict is Verdict.AGREES


class Idle(nn.Module):
    """Holds what nothing reads."""

    def __init__(self, *, several: bool) -> None:
        super().__init__()
        self.fc, self.several = nn.Linear(8, 30), several

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        idle = x.topk(20, -1) if self.several else x + 1
        x = x * 2
        del idle
        return x


def test_what_nothing_reads_lies_in_memory_as_long_as_the_model_holds_it() -> None:
    """8 values that enter, and 30 each of the layer's, the idle sum and the product; what a topk takes is not known."""
    graph = traced(Idle(several=False), 8)

    assert peak_as_written(graph, Workload()).bytes == 4 * (8 + 3 * 30)
    with pytest.raises(UnknownMemoryError, match="topk needs while it runs"):
        peak_as_written(traced(Idle(several=True), 8), Workload())
