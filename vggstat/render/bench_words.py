"""Words for a benchmark's row that all its pages share: what was run, and what makes it doubtful."""

from __future__ import annotations

from vggstat.cost.bench import EXECUTIONS, BenchResult
from vggstat.render.captions import image_words
from vggstat.shapes import describe

__all__ = [
    "configuration_words",
    "doubt_codes",
    "format_words",
    "inputs_words",
    "mode_words",
    "size_words",
]


def configuration_words(result: BenchResult) -> str:
    """One row's configuration: ``D · batch 256 · bfloat16 · inference · eager``."""
    return " · ".join(
        (
            result.spec,
            f"batch {result.batch:,}",
            format_words(result),
            mode_words(result),
            EXECUTIONS[result.execution],
        )
    )


def mode_words(result: BenchResult) -> str:
    """``inference``, or ``training step, momentum (foreach)``."""
    if result.mode == "inference":
        return result.mode
    written = f" ({result.implementation})" if result.implementation else ""
    loss = f", by {result.loss}" if result.loss else ""
    return f"training step, {result.optimizer}{written}{loss}"


def format_words(result: BenchResult) -> str:
    """``bfloat16``, or ``float32, autocast bfloat16``."""
    return f"{result.dtype}, autocast {result.autocast}" if result.autocast else result.dtype


def inputs_words(result: BenchResult) -> str:
    """All that went in: ``224×224 RGB image``, ``32×32 RGB image and mask 1×32×32``."""
    others = (f" and {name} {describe(shape)}" for name, shape in result.further_inputs.items())
    return image_words(result.image) + "".join(others)


def size_words(result: BenchResult) -> str:
    """The same in short: ``224×224``; with the channels of what is no image, and the sizes of further inputs."""
    sides = result.image[1:] if len(result.image) == 3 else result.image
    return " and ".join("×".join(map(str, shape)) for shape in (sides, *result.further_inputs.values()))


def doubt_codes(result: BenchResult) -> str:
    """The codes of its warnings, each once: ``throttled, shared``; empty where there is none."""
    return ", ".join(dict.fromkeys(warning.code for warning in result.warnings))
