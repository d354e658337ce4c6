"""Benchmark results for plots: the ones that are of the networks asked for."""

from __future__ import annotations

from vggstat.cost.bench import BenchFile
from vggstat.cost.report import Report
from vggstat.errors import InputError

__all__ = ["matching_results"]


def matching_results(file: BenchFile, reports: tuple[Report, ...], path: str) -> BenchFile:
    """The file with the results of these networks only. Raises InputError where it has none of them.

    A network is known by its name and by the digest of its specification, so that results of an edited spec are
    not shown as another's.
    """
    digests = {report.name: report.graph.spec.digest for report in reports}
    kept = tuple(
        result
        for result in file.results
        if result.spec in digests and result.digest in ("", digests[result.spec])
    )
    if kept:
        return file.replace(results=kept)
    there = ", ".join(sorted({result.spec for result in file.results})) or "no network"
    edited = any(result.spec in digests for result in file.results)
    why = f"of another version of {there}" if edited else f"of {there}"
    raise InputError(f"{path} does not fit {', '.join(digests)}: its measurements are {why}")
