"""Words for a benchmark's row that all its pages share: what was run, and what makes it doubtful."""

from __future__ import annotations

from vggstat.cost.bench import EXECUTIONS, BenchResult

__all__ = ["configuration_words", "doubt_codes", "format_words", "mode_words"]


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
    return f"training step, {result.optimizer}{written}"


def format_words(result: BenchResult) -> str:
    """``bfloat16``, or ``float32, autocast bfloat16``."""
    return f"{result.dtype}, autocast {result.autocast}" if result.autocast else result.dtype


def doubt_codes(result: BenchResult) -> str:
    """The codes of its warnings, each once: ``throttled, shared``; empty where there is none."""
    return ", ".join(dict.fromkeys(warning.code for warning in result.warnings))
