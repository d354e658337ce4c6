"""``vggstat schema``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from vggstat.cli.common import OutputOption, write


def command(
    format_name: Annotated[
        Literal["json", "markdown"],
        typer.Option("--format", help="The JSON Schema, or a table of the layers for people."),
    ] = "json",
    output: OutputOption = None,
) -> None:
    """Print the spec language: a JSON Schema, for editors that complete and check YAML, or a table of its layers.

    Examples: vggstat schema -o vggstat.schema.json · vggstat schema --format markdown
    """
    if format_name == "markdown":
        from vggstat.sources.spec.language_table import language_table

        write(language_table(), output)
        return
    import json

    from vggstat.sources.spec import schema

    write(json.dumps(schema(), indent=2) + "\n", output)
