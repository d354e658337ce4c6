"""Marked blocks: ``<!-- vggstat: table D --style cs231n -->`` ... ``<!-- /vggstat -->`` hold what that command prints.

The document holds all state: the words of the marker are the command line. A block is judged by printing it again; a
marker that is missing, nested or wrong is an error, and nothing is ever added to a document where no marker stands.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from vggstat.errors import UsageError, VggstatError
from vggstat.lint.model import Finding, Severity
from vggstat.lint.place import Place
from vggstat.lint.source import Document
from vggstat.sources.spec.access import Access, granted, is_below

__all__ = [
    "ALLOWED",
    "Block",
    "Render",
    "find_blocks",
    "fresh_lines",
    "judge_markers",
    "same_text",
    "within_tree",
]

Render = Callable[[list[str]], str]
ALLOWED: Final = ("table", "compare", "list", "configs", "stack", "results")
"""Commands that only print."""
_START: Final = re.compile(
    r"^(?P<indent>\s*+)(?:<!--\s*+vggstat:(?P<html>.*?)-->\s*+$|\.\.\s++vggstat:(?P<rest>.*)"
    r"|%++\s*+vggstat:(?P<latex>.*)"
    r"|#++\s*+vggstat:(?P<hash>.*))"
)
"""Its groups hold blanks at both ends: a pattern that left them out would try each way to share them out."""
_END: Final = re.compile(
    r"^\s*(?:<!--\s*/\s*vggstat\s*-->|\.\.\s+/\s*vggstat|%+\s*/\s*vggstat|#+\s*/\s*vggstat)\s*$"
)
FORMS: Final = ("html", "rest", "latex", "hash")
"""How a comment is written: the groups of ``_START``."""
HEADED: Final = ("markdown", "html", "latex")
"""Kinds of text in which a line that begins with # is a heading or nothing, but no comment."""
_FENCE: Final = re.compile(r"^\s*(?P<mark>`{3,}|~{3,})")


class Block(NamedTuple):
    """A marked block: the 0-based lines of its markers, its words, and how its comment is written."""

    start: int
    end: int
    words: str
    form: str
    indent: str

    def held(self, lines: Sequence[str]) -> Sequence[str]:
        """What stands between its markers."""
        return lines[self.start + 1 : self.end]


class _Problem(NamedTuple):
    line: int
    code: str
    message: str


def within_tree(render: Render, path: str) -> Render:
    """``render`` for the blocks of one document, which read specs of the document's own tree only.

    The tree is the working copy of a version control system that holds the document; else the current folder where
    that is above it, else the document's own folder.
    """
    allowed = Access(pipes=False, below=_tree(path))

    def bounded(words: list[str]) -> str:
        with granted(allowed):
            return render(words)

    return bounded


def _tree(path: str) -> str:
    here = os.path.realpath(os.curdir)
    own = here if path == "-" else os.path.dirname(os.path.realpath(path))
    folder = own
    while True:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in (".git", ".hg", ".svn")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return here if is_below(own, here) else own
        folder = above


def find_blocks(lines: Sequence[str], kind: str) -> tuple[list[Block], list[_Problem]]:
    """The blocks of a text, and what is wrong with its markers."""
    blocks: list[Block] = []
    problems: list[_Problem] = []
    opened: tuple[int, str, str, str] | None = None
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and kind in ("markdown", "text") and opened is None:
            fence = "" if fence and line.strip().startswith(fence) else fence or mark["mark"]
        if fence and opened is None:
            continue
        if "vggstat" not in line or (kind in HEADED and line.lstrip().startswith("#")):
            continue
        start = _START.match(line)
        if start and not _words(start).startswith("ignore"):
            form = next(name for name in FORMS if start[name] is not None)
            if opened is not None:
                problems.append(
                    _Problem(number, "V914", f"a block begins inside the block of line {opened[0] + 1}")
                )
            opened = (number, _words(start), form, start["indent"])
        elif _END.match(line):
            if opened is None:
                problems.append(_Problem(number, "V913", "a block ends here, but none has begun"))
            else:
                blocks.append(Block(opened[0], number, *opened[1:]))
            opened = None
    if opened is not None:
        problems.append(
            _Problem(opened[0], "V912", "a block begins here, but never ends: <!-- /vggstat --> is missing")
        )
    return blocks, problems


def _words(match: re.Match[str]) -> str:
    return next(match[name].strip() for name in FORMS if match[name] is not None)


def judge_markers(document: Document, lines: Sequence[str], render: Render | None) -> list[Finding]:
    """Findings about the blocks of a document: markers, commands, and text that is out of date."""
    if render is not None:
        render = within_tree(render, document.path)
    if document.kind == "notebook":
        from vggstat.lint.notebook import marked_cells

        return [
            finding
            for cell in marked_cells(document.text)
            for finding in _judge_lines(cell.lines, cell.kind, cell.numbers, lines, render)
        ]
    return list(_judge_lines(lines, document.kind, range(len(lines)), lines, render))


def _judge_lines(
    part: Sequence[str], kind: str, numbers: Sequence[int], lines: Sequence[str], render: Render | None
) -> Iterator[Finding]:
    """Findings about the blocks of some lines, whose 0-based numbers in the file are ``numbers``."""
    blocks, problems = find_blocks(part, kind)
    for problem in problems:
        yield _finding(problem.code, numbers[problem.line], lines, problem.message)
    for block in blocks:
        yield from _judge_block(block, part, kind, numbers, lines, render)


def _judge_block(
    block: Block,
    part: Sequence[str],
    kind: str,
    numbers: Sequence[int],
    lines: Sequence[str],
    render: Render | None,
) -> Iterator[Finding]:
    try:
        fresh = fresh_lines(block, kind, render)
    except VggstatError as error:
        yield _finding(
            "V910", numbers[block.start], lines, f"the block cannot be printed: {str(error).splitlines()[0]}"
        )
        return
    if fresh is None:
        return
    if same_text(block.held(part), fresh):
        return
    held = [line.rstrip() for line in block.held(part)]
    wanted = [line.rstrip() for line in fresh]
    number = next(
        (i for i, (a, b) in enumerate(zip(held, wanted, strict=False)) if a != b), min(len(held), len(wanted))
    )
    at = min(block.start + 1 + number, block.end)
    expected = wanted[number].strip() if number < len(wanted) else ""
    finding = _finding(
        "V911", numbers[at], lines, f"the block is out of date: `vggstat {block.words}` prints something else; "
        "vggstat check --fix brings it up to date",
    )  # fmt: skip
    yield finding.replace(expected=expected)


def same_text(held: Sequence[str], fresh: Sequence[str]) -> bool:
    """Whether two texts differ at most in spaces at the ends of lines."""
    return [line.rstrip() for line in held] == [line.rstrip() for line in fresh]


def fresh_lines(block: Block, kind: str, render: Render | None) -> list[str] | None:
    """What should stand between the markers; None where nothing can print it here. Raises VggstatError."""
    try:
        words = shlex.split(block.words)
    except ValueError as error:
        raise UsageError(f"{block.words!r}: {error}") from None
    if not words or words[0] not in ALLOWED:
        raise UsageError(
            f"{words[0] if words else 'nothing'!r} may not stand in a marker; these may: {', '.join(ALLOWED)}"
        )
    refused = next(
        (word for word in words if word.split("=")[0] in ("-o", "--output") or word.startswith("-o")), None
    )
    if refused:
        raise UsageError(f"{refused} may not stand in a marker: a block only prints")
    if render is None:
        return None
    text = _printed(words, render).rstrip("\n").split("\n")
    return [block.indent + line if line else "" for line in _framed(text, words, block, kind)]


def _printed(words: list[str], render: Render) -> str:
    """What a block's command prints. A fault of our own is one of this block, so that the others are judged."""
    try:
        return render(words)
    except VggstatError:
        raise
    except Exception as error:
        fault = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise UsageError(f"this is a fault of vggstat's own, please report it: {fault}") from error


def _framed(text: list[str], words: list[str], block: Block, kind: str) -> list[str]:
    """The text in the frame that the document's language needs to show it as it is."""
    format_name = _format(words)
    if block.form == "html" and kind == "markdown":
        return text if format_name in ("markdown", "html") else ["```text", *text, "```"]
    if block.form == "html" and kind == "html" and format_name != "html":
        return ["<pre>", *(line.replace("&", "&amp;").replace("<", "&lt;") for line in text), "</pre>"]
    if block.form == "rest":
        return ["", ".. code-block:: text", "", *("   " + line if line else "" for line in text), ""]
    if block.form == "latex" and format_name != "latex":
        return [r"\begin{verbatim}", *text, r"\end{verbatim}"]
    if block.form == "hash" and kind == "code":
        return [f"# {line}".rstrip() for line in text]
    return text


def _format(words: list[str]) -> str:
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word in ("-f", "--format"):
            return after
        if word.startswith("--format="):
            return word.partition("=")[2]
    return "text"


def _finding(
    code: str, line: int, lines: Sequence[str], message: str, severity: Severity = "error"
) -> Finding:
    text = lines[line] if line < len(lines) else ""
    start = len(text) - len(text.lstrip())
    place = Place(line + 1, start + 1, max(len(text.rstrip()), start + 1) + 1)
    return Finding(code=code, severity=severity, place=place, text=text.strip(), message=message)
