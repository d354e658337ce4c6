"""The public Python API: the same figures as the commands, as records."""

from __future__ import annotations

from typing import Any

from vggstat.cost.compare import Comparison, compare_snapshots
from vggstat.cost.report import Report
from vggstat.cost.snapshot import Snapshot, is_saved, snapshot_of
from vggstat.cost.variant import (
    Variant,
    parse_batch,
    parse_classes,
    parse_head,
    parse_image,
    parse_variant,
)
from vggstat.cost.workload import find_dtype
from vggstat.errors import UsageError
from vggstat.lint.config import Settings
from vggstat.lint.engine import FileResult, check_files, find_files
from vggstat.lint.explain import Explanation, explain_number
from vggstat.render.report_data import report_data
from vggstat.render.views.compare import comparison_data
from vggstat.sources.spec import Spec
from vggstat.sources.spec import load as load_spec
from vggstat.sources.spec.access import access, granted

__all__ = ["analyze", "check", "compare", "explain", "load", "to_dict"]


def load(spec: str, *, allow_outside: bool = False) -> Spec:
    """The specification of a shipped name (``vgg16``), a path to a .yaml file, or ``-`` for standard input.

    ``allow_outside`` lets it extend files that do not lie in or below its own folder. Raises a VggstatError
    (UsageError, SpecError) that says what is wrong and where.
    """
    with granted(access().replace(outside=allow_outside or access().outside)):
        return load_spec(spec)


def analyze(
    spec: str | Spec,
    *,
    image: int | str | None = None,
    batch: int | None = None,
    dtype: str | None = None,
    head: str | None = None,
    classes: int | None = None,
) -> Report:
    """The report of a network: rows, totals, memory, operations.

    ``spec`` is a Spec, or an argument as on the command line, with its variant (``"D@384,head=gap"``), which
    counts before the other arguments. ``image`` is a side, or ``"3x384x512"`` (channels, height, width).
    """
    options = Variant(
        argument="",
        image=None if image is None else parse_image(str(image)),
        batch=None if batch is None else parse_batch(str(batch)),
        dtype=None if dtype is None else find_dtype(dtype),
        head=None if head is None else parse_head(head),
        classes=None if classes is None else parse_classes(str(classes)),
    )
    if isinstance(spec, Spec):
        return options.report(spec)
    variant = parse_variant(spec).over(options)
    return variant.report(load_spec(variant.argument))


def check(*paths: str, spec: str = "") -> tuple[FileResult, ...]:
    """What is wrong in documents: a result for each file, folders read as on the command line.

    ``spec`` settles which network they mean; else each says it itself. ``findings`` of a result are empty where
    nothing is wrong. Raises InputError for a path that cannot be read.
    """
    settings = Settings(spec=spec)
    return tuple(check_files(find_files(paths, settings), settings))


def compare(*specs: str | Spec | Report) -> Comparison:
    """Two or more networks with their layers aligned; the first is what the others are held against.

    A text that ends in .json names a report that ``vggstat table --format json`` saved.
    """
    if len(specs) < 2:
        raise UsageError("compare needs two networks or more")
    return compare_snapshots(tuple(map(_snapshot, specs)))


def _snapshot(spec: str | Spec | Report) -> Snapshot:
    if isinstance(spec, str) and is_saved(spec):
        from vggstat.cost.snapshot_json import read_snapshot

        return read_snapshot(spec)
    return snapshot_of(spec if isinstance(spec, Report) else analyze(spec))


def explain(number: str, spec: str | Spec | Report) -> Explanation:
    """What a number (``"15.48G"``) may stand for in a network: ``matches``, each with its ``fact``."""
    report = spec if isinstance(spec, Report) else analyze(spec)
    return explain_number(number, report, analyze)


def to_dict(record: Report | Comparison) -> dict[str, Any]:
    """The record as plain data: what ``--format json`` prints."""
    return report_data(record) if isinstance(record, Report) else comparison_data(record)
