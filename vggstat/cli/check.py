"""``vggstat check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vggstat.cli.complaints import Complaints, render
from vggstat.cli.files import write_file
from vggstat.cli.streams import put, put_pieces, say, say_exactly, show_progress
from vggstat.cli.summary import write_summary
from vggstat.errors import UsageError
from vggstat.render.width import harmless

if TYPE_CHECKING:
    from vggstat.lint.config import Settings
    from vggstat.lint.engine import FileResult

LEAST_WORK: Final = 500_000
"""Bytes of documents that take much longer to read than other processes take to start."""
PER_FILE: Final = 1_000
"""What a file adds to that, however short it is."""

Codes = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="CODES", help="Only these rules: V201, 201, or V2 for a family."),
]


def command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Files, folders, or - for standard input. Links to folders inside of folders are not followed.",
            show_default=False,
        ),
    ] = None,
    spec: Annotated[
        str | None,
        typer.Option(
            "--spec", metavar="SPEC", help="The network that the documents mean: D, or a .yaml file."
        ),
    ] = None,
    convention: Annotated[
        list[str] | None,
        typer.Option(
            "--convention",
            metavar="WORDS",
            help="How the documents count: params or weights, macs or flops, MB or MiB.",
        ),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="full (default), concise, json, jsonl, github, gitlab, junit or sarif.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of the screen."),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Fix wrong numbers that are certain, and bring marked blocks up to date: in the files given and below "
            "the folders given, and in nothing else that links lead to.",
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    min_confidence: Annotated[
        str | None,
        typer.Option(
            "--min-confidence",
            metavar="X",
            help="Show only findings of at least this confidence, from 0 (default) to 1.",
        ),
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
    require_tables: Annotated[
        int | None,
        typer.Option("--require-tables", metavar="N", min=0, help="Fail if fewer tables are found."),
    ] = None,
    select: Codes = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="CODES", help="Leave these rules out.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="PATTERN", help="Leave these paths of folders out."),
    ] = None,
    show_passes: Annotated[
        bool, typer.Option("--show-passes", help="List right numbers too, with their convention.")
    ] = False,
    show_unchecked: Annotated[
        bool,
        typer.Option(
            "--show-unchecked", help="List numbers that were not read or not judged, with the reason."
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            help="Check in so many processes. By default one for each core where the files are many or large.",
            show_default=False,
        ),
    ] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Read no pyproject.toml.")] = False,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Print the settings, and do nothing.")
    ] = False,
) -> None:
    """Find wrong figures of networks in documents: tables, listings, notebooks, prose.

    Examples: vggstat check notes.md · vggstat check docs/ --format github · vggstat check --fix README.md
    """
    from vggstat.lint.config import Settings, find_settings

    settings = Settings() if isolated else find_settings(paths[0] if paths and paths[0] != "-" else ".")
    settings = _override(
        settings, spec, convention, select, ignore, exclude, strict, min_confidence, require_tables
    )
    if show_settings:
        lines = (f"{name.replace('_', '-')} = {value!r}" for name, value in settings.__dict__.items())
        put("".join(f"{harmless(line)}\n" for line in lines))
        return
    if not paths:
        raise UsageError(
            "check needs a file, a folder, or - for standard input, for instance: vggstat check README.md"
        )
    if fix and diff:
        raise UsageError("--fix and --diff contradict each other: give one of them")
    raise typer.Exit(
        _run(paths, settings, format_name or "full", output, jobs, fix=fix, diff=diff, exit_zero=exit_zero,
             show_passes=show_passes, show_unchecked=show_unchecked)
    )  # fmt: skip


def _override(
    settings: Settings,
    spec: str | None,
    convention: list[str] | None,
    select: list[str] | None,
    ignore: list[str] | None,
    exclude: list[str] | None,
    strict: bool,
    min_confidence: str | None,
    require_tables: int | None,
) -> Settings:
    from vggstat.lint.config import parse_code, parse_confidence
    from vggstat.lint.network import load_spec
    from vggstat.lint.policy import read_convention

    changes: dict[str, object] = {}
    if spec is not None:
        load_spec(spec)  # the user's own words may name a pipe, which is read once
        changes.update(spec=spec, specs=())
    if convention is not None:
        said = tuple(word for text in convention for word in text.split(",") if word.strip())
        read_convention(said, "--convention")
        changes.update(convention=said, conventions=())
    for name, codes in (("select", select), ("ignore", ignore)):
        if codes is not None:
            words = [word for text in codes for word in text.split(",") if word.strip()]
            changes[name] = tuple(parse_code(word, f"--{name}") for word in words)
    if exclude is not None:
        changes["exclude"] = (*settings.exclude, *exclude)
    if strict:
        changes["strict"] = True
    if min_confidence is not None:
        changes["min_confidence"] = parse_confidence(min_confidence, "--min-confidence")
    if require_tables is not None:
        changes["require_tables"] = require_tables
    return settings.replace(**changes)


def _run(
    paths: list[str], settings: Settings, format_name: str, output: str | None, jobs: int | None, *, fix: bool,
    diff: bool, exit_zero: bool, show_passes: bool, show_unchecked: bool,
) -> int:  # fmt: skip
    from vggstat.lint.files import Reach, find_files, with_patterns
    from vggstat.render.findings import FOR_PEOPLE, Style, Tally, find_format
    from vggstat.render.findings.summary import step_summary

    write = find_format(format_name)
    settings.load_specs()  # a wrong one is said at once
    complaints = Complaints()
    given = list(with_patterns(paths, complaints))
    files = list(dict.fromkeys(find_files(given, settings, complaints)))
    # What is written is written here, file by file: two names may lead to one file, which is then checked as mended.
    count = 1 if fix else _processes(files, settings, jobs)
    checked = _check(files, settings, count, complaints)
    results: Iterable[FileResult] = checked
    mender = None
    if fix or diff:
        from vggstat.cli.mend import Mender

        # a document for machines stays one: the patch goes beside it
        beside = output is not None or format_name in FOR_PEOPLE
        show = (_print_patch if beside else say_exactly) if diff else None
        mender = Mender(settings, render, Reach(given), complaints, complaints.fault, show)
        results = mender.mended(results)
    tally = Tally(settings.min_confidence, "fix" if fix else "diff" if diff else "")
    color = (
        output is None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )
    encoding = "utf-8" if output is not None else (sys.stdout.encoding or "utf-8")
    style = Style(
        color=color, show_passes=show_passes, show_unchecked=show_unchecked, strict=settings.strict,
        ascii_only=not encoding.lower().startswith("utf"),
    )  # fmt: skip
    pieces = write(_with_progress(results, len(files)), tally, style)
    with closing(checked):  # which ends its processes, whatever happens
        if output is None:
            # Though nobody may read it, the exit code, and what --fix writes, are those of the whole run.
            put_pieces(pieces)
        else:
            write_file(output, (piece.encode("utf-8", "replace") for piece in pieces))
    write_summary(lambda: step_summary(tally), tally.as_dict())
    if complaints.code:
        return complaints.code
    if tally.judged < settings.require_tables:
        say(f"vggstat: {tally.judged} tables found, {settings.require_tables} required (--require-tables)")
        return 0 if exit_zero else 1
    failed = tally.errors + (tally.warnings if settings.strict else 0) + (mender.pending if mender else 0)
    return 1 if failed and not exit_zero else 0


def _processes(files: list[str], settings: Settings, jobs: int | None) -> int:
    """In how many processes to check: as many as asked for, else one a core where that is faster than to start them."""
    if os.path.exists(settings.spec) and not os.path.isfile(settings.spec):
        return 1  # a pipe, which was read here and cannot be again
    if jobs is None:
        work = len(files) * PER_FILE + sum(map(_size, files))
        jobs = _cores() if work >= LEAST_WORK else 1
    return max(1, min(jobs, len(files)))


def _size(path: str) -> int:
    """The bytes of a file; none of what cannot be looked at."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check(
    files: list[str], settings: Settings, processes: int, complaints: Complaints
) -> Generator[FileResult, None, None]:
    """The result of each file, in their order."""
    if processes > 1:
        from vggstat.cli.parallel import check_in_processes

        yield from check_in_processes(files, settings, processes, complaints)
    else:
        from vggstat.lint.engine import check_files

        yield from check_files(files, settings, render, complaints, complaints.fault)


def _print_patch(text: str) -> None:
    put_pieces((text,))


def _with_progress(results: Iterable[FileResult], count: int) -> Iterator[FileResult]:
    """The results, with a count on stderr where it is a terminal and there are many."""
    shown = count >= 50 and sys.stderr.isatty()
    for number, result in enumerate(results, start=1):
        if shown and number % 10 == 0:
            show_progress(f"{number:,} of {count:,} files")
        yield result
    if shown:
        show_progress("")
