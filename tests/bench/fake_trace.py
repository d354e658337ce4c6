"""An allocator's trace of a pass on a GPU, as ``torch.cuda.memory._snapshot`` gives it: real stacks, innermost first.

The names are those of torch 2.13's sources (aten's cudnn/Conv_v8.cpp, cudnn/ConvShared.cpp, cuda/CublasHandlePool.cpp,
cuda/EmptyTensor.cpp). In a stripped library only exported functions have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vggstat.net.graph import Graph
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.maxpool import MaxPool
from vggstat.shapes import values

__all__ = ["STACKS", "TENSORS", "WORKSPACES", "Trace", "forward_pass", "frames", "stripped"]

ALLOCATE = (
    "c10::cuda::CUDACachingAllocator::Native::DeviceCachingAllocator::malloc(unsigned long, CUstream_st*)",
    "c10::cuda::CUDACachingAllocator::Native::NativeCachingAllocator::malloc(void**, signed char, unsigned long)",
    "c10::cuda::CUDACachingAllocator::Native::NativeCachingAllocator::allocate(unsigned long)",
)
EMPTY = (
    *ALLOCATE,
    "at::TensorBase at::detail::_empty_generic<long>(c10::ArrayRef<long>, c10::Allocator*, c10::DispatchKeySet)",
    "at::detail::empty_generic(c10::ArrayRef<long>, c10::Allocator*, c10::DispatchKeySet, c10::ScalarType)",
    "at::detail::empty_cuda(c10::ArrayRef<long>, c10::ScalarType, std::optional<c10::Device>)",
)
STRIDED = (
    *ALLOCATE,
    "at::detail::empty_strided_generic(c10::ArrayRef<long>, c10::ArrayRef<long>, c10::Allocator*)",
    "at::detail::empty_strided_cuda(c10::ArrayRef<long>, c10::ArrayRef<long>, c10::ScalarType)",
)
FORWARD = (
    "at::native::cudnn_convolution(at::Tensor const&, at::Tensor const&, c10::ArrayRef<long>, bool, bool, bool)",
    "at::_ops::cudnn_convolution::call(at::Tensor const&, at::Tensor const&, c10::ArrayRef<c10::SymInt>)",
    "at::native::_convolution(at::Tensor const&, at::Tensor const&, std::optional<at::Tensor> const&)",
)
BACKWARD = (
    "at::native::cudnn_convolution_backward(at::Tensor const&, at::Tensor const&, at::Tensor const&)",
    "at::native::convolution_backward(at::Tensor const&, at::Tensor const&, at::Tensor const&)",
    "torch::autograd::generated::ConvolutionBackward0::apply(std::vector<at::Tensor>&&)",
)
PLAN = (
    "at::native::run_conv_plan(cudnnContext*, at::Tensor const&, at::Tensor const&, at::Tensor const&)",
    "at::native::run_single_conv(cudnnBackendDescriptorType_t, at::Tensor const&, at::Tensor const&)",
)
GEMM = (
    "at::cuda::getCurrentCUDABlasHandle()",
    "void at::cuda::blas::gemm<c10::BFloat16>(char, char, long, long, long, float, c10::BFloat16 const*)",
    "at::native::structured_addmm_out_cuda::impl(at::Tensor const&, at::Tensor const&, at::Tensor const&)",
)

TENSORS: Mapping[str, tuple[str, ...]] = {
    "output": (*EMPTY, *FORWARD),
    "input gradient": (
        *EMPTY,
        "at::native::cudnn_convolution_backward_input(c10::ArrayRef<long>)",
        *BACKWARD,
    ),
    "weight gradient": (
        *EMPTY,
        "at::native::cudnn_convolution_backward_weight(c10::ArrayRef<long>)",
        *BACKWARD,
    ),
    "bias gradient": (*STRIDED, "at::native::structured_sum_out::impl(at::Tensor const&)", *BACKWARD),
    "pool": (
        *STRIDED,
        "at::native::structured_max_pool2d_with_indices_out_cuda::impl(at::Tensor const&, long)",
    ),
    "FC output": (
        *STRIDED,
        "at::native::structured_addmm_out_cuda::impl(at::Tensor const&, at::Tensor const&)",
    ),
}
"""Stacks of allocations that are tensors, by what they are."""
WORKSPACES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "forward": ("cuDNN workspace", (*ALLOCATE, *PLAN, *FORWARD)),
    "backward": ("cuDNN workspace", (*ALLOCATE, *PLAN, *BACKWARD)),
    "fused": (
        "cuDNN workspace",
        (*ALLOCATE, "at::native::run_conv_plan_fused(cudnnContext*, at::Tensor const&)", *FORWARD),
    ),
    "cuBLAS": ("cuBLAS workspace", (*ALLOCATE, "at::cuda::getNewWorkspace()", *GEMM)),
    "cuBLASLt": (
        "cuBLAS workspace",
        (*ALLOCATE, "at::cuda::getNewCUDABlasLtWorkspace()", "at::cuda::getCUDABlasLtWorkspace()", GEMM[2]),
    ),
    "reduction": (
        "torch's own workspace",
        (
            *ALLOCATE,
            "void at::native::gpu_reduce_kernel<c10::BFloat16, c10::BFloat16>(at::TensorIterator&)",
            BACKWARD[1],
        ),
    ),
}
"""Stacks of allocations that are none, and whose they are."""
STACKS: Mapping[str, tuple[str, ...]] = {
    **TENSORS,
    **{name: stack for name, (_, stack) in WORKSPACES.items()},
}

HIDDEN = (
    "c10::cuda::CUDACachingAllocator::Native",
    "_empty_generic",
    "run_conv_plan",
    "run_single_conv",
    "getNew",
)
"""Parts of names that a stripped library does not show."""


def frames(stack: tuple[str, ...]) -> list[dict[str, object]]:
    """A stack as the snapshot has it."""
    return [{"name": name, "filename": "??", "line": 0} for name in stack]


def stripped(stack: tuple[str, ...]) -> tuple[str, ...]:
    """What is left of a stack without names of functions that no other library may call."""
    return tuple("??" if any(part in name for part in HIDDEN) else name for name in stack)


class Trace:
    """Allocations and releases in order."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def take(self, size: int, stack: str) -> int:
        """Allocates; returns the address."""
        address = len(self.entries) + 1
        self.entries.append(
            {"action": "alloc", "addr": address, "size": size, "frames": frames(STACKS[stack])}
        )
        return address

    def drop(self, address: int) -> None:
        self.entries.append({"action": "free_requested", "addr": address, "size": 0, "frames": []})


def forward_pass(graph: Graph, batch: int, width: int, workspaces: Mapping[str, int]) -> Trace:
    """Inference as torch runs it: each convolution with its workspace, each pool with its indices.

    ``workspaces`` has the bytes that cuDNN takes for the convolutions by name.
    """
    trace = Trace()
    held = 0
    for node in graph.nodes:
        size = batch * width * values(node.shape)
        if isinstance(node.layer, Conv | Linear):
            made = trace.take(size, "output" if isinstance(node.layer, Conv) else "FC output")
            if node.name in workspaces:
                trace.drop(trace.take(workspaces[node.name], "forward"))
        elif isinstance(node.layer, MaxPool):
            made = trace.take(size, "pool")
            trace.drop(trace.take(8 * batch * values(node.shape), "pool"))
        else:
            continue  # in place, a view, or no part of the model
        if held:
            trace.drop(held)
        held = made
    trace.drop(held)
    return trace
