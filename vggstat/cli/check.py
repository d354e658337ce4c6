"""``vggstat check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from vggstat.errors import UsageError

if TYPE_CHECKING:
    from vggstat.claims.config import Settings
    from vggstat.claims.engine import FileResult

Codes = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="CODES", help="Only these rules: V201, 201, or V2 for a family."),
]


def command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...", help="Files, folders, or - for standard input.", show_default=False
        ),
    ] = None,
    spec: Annotated[
        str | None,
        typer.Option(
            "--spec", metavar="SPEC", help="The network that the documents mean: D, or a .yaml file."
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
    fix: Annotated[bool, typer.Option("--fix", help="Bring marked blocks up to date.")] = False,
    unsafe_fixes: Annotated[
        bool,
        typer.Option(
            "--unsafe-fixes", help="With --fix or --diff, mend wrong numbers outside of blocks too."
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
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
        bool, typer.Option("--show-unchecked", help="List numbers that were not judged, with the reason.")
    ] = False,
    isolated: Annotated[bool, typer.Option("--isolated", help="Read no pyproject.toml.")] = False,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Print the settings, and do nothing.")
    ] = False,
) -> None:
    """Find wrong figures of networks in documents: tables, listings, notebooks, prose.

    Examples: vggstat check notes.md · vggstat check docs/ --format github · vggstat check --fix README.md
    """
    from vggstat.claims.config import Settings, find_settings

    settings = Settings() if isolated else find_settings(paths[0] if paths and paths[0] != "-" else ".")
    settings = _override(settings, spec, select, ignore, exclude, strict, require_tables)
    if show_settings:
        for name, value in settings.__dict__.items():
            print(f"{name.replace('_', '-')} = {value!r}")
        return
    if not paths:
        raise UsageError(
            "check needs a file, a folder, or - for standard input, for instance: vggstat check README.md"
        )
    if fix and diff:
        raise UsageError("--fix and --diff contradict each other: give one of them")
    if unsafe_fixes and not (fix or diff):
        raise UsageError("--unsafe-fixes says what --fix or --diff may change: give one of them too")
    raise typer.Exit(
        _run(paths, settings, format_name or "full", output, fix=fix, diff=diff, unsafe=unsafe_fixes, exit_zero=exit_zero,
             show_passes=show_passes, show_unchecked=show_unchecked)
    )  # fmt: skip


def _override(
    settings: Settings, spec: str | None, select: list[str] | None, ignore: list[str] | None, exclude: list[str] | None,
    strict: bool, require_tables: int | None,
) -> Settings:  # fmt: skip
    from vggstat.claims.config import parse_code

    changes: dict[str, object] = {}
    if spec is not None:
        changes.update(spec=spec, specs=())
    for name, codes in (("select", select), ("ignore", ignore)):
        if codes is not None:
            words = [word for text in codes for word in text.split(",") if word.strip()]
            changes[name] = tuple(parse_code(word, f"--{name}") for word in words)
    if exclude is not None:
        changes["exclude"] = (*settings.exclude, *exclude)
    if strict:
        changes["strict"] = True
    if require_tables is not None:
        changes["require_tables"] = require_tables
    return settings.replace(**changes)


def _run(
    paths: list[str], settings: Settings, format_name: str, output: str | None, *, fix: bool, diff: bool, unsafe: bool,
    exit_zero: bool, show_passes: bool, show_unchecked: bool,
) -> int:  # fmt: skip
    from vggstat.claims.engine import check_files, find_files
    from vggstat.present.findings import Style, Tally, find_format

    write = find_format(format_name)
    settings.spec_for("")  # a wrong --spec is said at once
    files = list(dict.fromkeys(find_files(paths, settings)))
    results: Iterable[FileResult] = check_files(files, settings, _render)
    mender = None
    if fix or diff:
        from vggstat.cli.mend import Mender

        mender = Mender(settings, _render, unsafe=unsafe, write=fix)
        results = mender.mended(results)
    tally = Tally()
    color = (
        output is None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )
    style = Style(color=color, show_passes=show_passes, show_unchecked=show_unchecked, strict=settings.strict)
    pieces = write(_with_progress(results, len(files)), tally, style)
    _put(pieces, output)
    _write_summaries(tally)
    if tally.judged < settings.require_tables:
        print(
            f"vggstat: {tally.judged} tables found, {settings.require_tables} required (--require-tables)",
            file=sys.stderr,
        )
        return 0 if exit_zero else 1
    failed = tally.errors + (tally.warnings if settings.strict else 0) + (mender.pending if mender else 0)
    return 1 if failed and not exit_zero else 0


def _put(pieces: Iterator[str], output: str | None) -> None:
    if output is not None:
        from vggstat.cli.common import write_file

        write_file(output, "".join(pieces).encode("utf-8"))
        return
    encoding = sys.stdout.encoding or "utf-8"
    from vggstat.present.width import encodable

    for piece in pieces:
        sys.stdout.write(piece if encoding.lower().replace("-", "") == "utf8" else encodable(piece, encoding))
    sys.stdout.flush()


def _with_progress(results: Iterable[FileResult], count: int) -> Iterator[FileResult]:
    """The results, with a count on stderr where it is a terminal and there are many."""
    shown = count >= 50 and sys.stderr.isatty()
    for number, result in enumerate(results, start=1):
        if shown and number % 10 == 0:
            print(f"\r{number:,} of {count:,} files", end="", file=sys.stderr, flush=True)
        yield result
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _write_summaries(tally: object) -> None:
    """GitHub's step summary and outputs, where their files are named."""
    from vggstat.present.findings import Tally
    from vggstat.present.findings.summary import summary_line

    assert isinstance(tally, Tally)
    summary, outputs = os.environ.get("GITHUB_STEP_SUMMARY"), os.environ.get("GITHUB_OUTPUT")
    try:
        if summary:
            with open(summary, "a", encoding="utf-8") as file:
                file.write(f"### vggstat check\n\n{summary_line(tally)}\n")
        if outputs:
            with open(outputs, "a", encoding="utf-8") as file:
                file.writelines(f"{name}={count}\n" for name, count in tally.as_dict().items())
    except OSError as error:
        print(f"vggstat: the step summary cannot be written: {error.strerror or error}", file=sys.stderr)


def _render(words: list[str]) -> str:
    """What a marked block's command prints."""
    from vggstat.cli.blocks import render_block

    return render_block(words)
