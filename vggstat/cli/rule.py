"""``vggstat rule``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vggstat.lint.rules import Rule


def command(
    code: Annotated[
        str | None,
        typer.Argument(metavar="[CODE]", help="A rule (V201 or 201), a family (5), or nothing for all."),
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", "-f", metavar="FORMAT", help="text (default) or json.")
    ] = "text",
) -> None:
    """Explain the rules of `check`, each with an example that it finds.

    Examples: vggstat rule · vggstat rule V502 · vggstat rule 6
    """
    from vggstat.cli.common import write
    from vggstat.errors import UsageError
    from vggstat.lint.rules import RULES, find_rules

    rules = find_rules(code) if code else RULES
    if format_name == "json":
        import json

        keys = ("code", "name", "severity", "family", "summary", "text", "weight", "bad", "good")
        write(json.dumps([{key: getattr(rule, key) for key in keys} for rule in rules], indent=2) + "\n")
    elif format_name == "text":
        pages = (_page(rule) for rule in rules)
        write("".join(_listing(rules)) if not code or len(rules) > 1 else "\n".join(pages))
    else:
        raise UsageError(f"unknown format {format_name!r}: expected text or json")


def _listing(rules: tuple[Rule, ...]) -> Iterator[str]:
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            yield f"{'' if rule is rules[0] else chr(10)}{family}\n"
        mark = " (warning)" if rule.severity == "warning" else ""
        yield f"  {rule.code}  {rule.summary}{mark}\n"
    yield "\nvggstat rule CODE explains one, with an example.\n"


def _page(rule: Rule) -> str:
    from textwrap import fill

    head = (
        f"{rule.code} {rule.name}: {rule.summary} ({rule.severity}, family {rule.code[1]}xx: {rule.family})"
    )
    return f"{fill(head, 110)}\n\n{fill(rule.text, 110)}\n\n{fill(rule.weight, 110)}\n\nFound in {rule.file}:\n\n{_example(rule)}\n"


def _example(rule: Rule) -> str:
    """The example as ``check`` shows it: only the finding of this rule."""
    from vggstat.lint.config import Settings
    from vggstat.lint.engine import check_text
    from vggstat.render.findings import Style, Tally, find_format

    settings = Settings(select=(rule.code,), convention=rule.convention)
    result = check_text(rule.file, rule.bad.encode("utf-8", "surrogateescape"), settings, _stale)
    text = "".join(find_format("full")([result], Tally(), Style()))
    return "\n".join("  " + line if line else "" for line in text.split("\n\n")[0].split("\n"))


def _stale(words: list[str]) -> str:
    """What a marked block's command prints."""
    from vggstat.cli.blocks import render_block

    return render_block(words)
