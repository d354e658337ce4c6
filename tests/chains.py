"""Random legal chains of layers, as YAML text, for properties by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from vggstat.net.ops.following import ACTIVATIONS

__all__ = ["chains"]


@st.composite
def convolutions(draw: st.DrawFn, channels: int, side: int) -> tuple[str, int, int]:
    """A convolution that fits the map: its text, its filters, and the side of its output."""
    groups = draw(st.sampled_from([g for g in (1, 2, 3) if channels % g == 0]))
    filters = groups * draw(st.integers(1, 6))
    kernel = draw(st.integers(1, min(5, side)))
    stride = draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 2)) if 2 * (kernel - 1) + 1 <= side else 1
    extent = dilation * (kernel - 1) + 1
    padding = draw(st.integers(0, 2))
    out = (side + 2 * padding - extent) // stride + 1
    norm = draw(st.sampled_from(["none", "batch"]))
    activation = draw(st.sampled_from(["relu", "relu", *ACTIVATIONS, "none"]))
    bias = draw(st.sampled_from(["true", "false"]))
    text = (
        f"{{conv: {{filters: {filters}, kernel: {kernel}, stride: {stride}, padding: {padding}, "
        f"dilation: {dilation}, groups: {groups}, bias: {bias}, norm: {norm}, activation: {activation}}}}}"
    )
    return text, filters, out


@st.composite
def pools(draw: st.DrawFn, side: int) -> tuple[str, int]:
    """A pool that fits the map: its text, and the side of its output."""
    kind = draw(st.sampled_from(["maxpool", "avgpool"]))
    kernel = draw(st.integers(1, min(3, side)))
    stride = draw(st.integers(1, 3))
    padding = draw(st.integers(0, kernel // 2))
    out = (side + 2 * padding - kernel) // stride + 1
    return f"{{{kind}: {{kernel: {kernel}, stride: {stride}, padding: {padding}}}}}", out


@st.composite
def chains(draw: st.DrawFn) -> str:
    """A spec of one to three blocks and a classifier, on a small image."""
    channels, side = draw(st.sampled_from([1, 2, 3, 6])), draw(st.integers(8, 24))
    image = [channels, side, side]
    blocks = []
    for _ in range(draw(st.integers(1, 3))):
        items = []
        for _ in range(draw(st.integers(1, 4))):
            kind = draw(
                st.sampled_from(
                    [
                        "conv",
                        "conv",
                        "conv",
                        "conv",
                        "conv",
                        "pool",
                        "pool",
                        "LRN",
                        *ACTIVATIONS,
                        "dropout",
                        "bn",
                    ]
                )
            )
            if kind == "conv":
                text, channels, side = draw(convolutions(channels, side))
            elif kind == "pool":
                text, side = draw(pools(side))
            else:
                text = kind
            items.append(text)
        blocks.append(f"  - [{', '.join(items)}]")
    head = draw(st.sampled_from(["flatten", "adaptive", "gap", "conv"]))
    classifier = draw(st.sampled_from(["[FC-7]", "[FC-12, FC-5, soft-max]", "[FC-9, FC-8, FC-4]"]))
    return "\n".join(
        [
            "name: chain",
            f"input: {image}",
            "blocks:",
            *blocks,
            f"head: {head}",
            f"classifier: {classifier}",
            "",
        ]
    )
