"""``vggstat schema``."""

from __future__ import annotations

from vggstat.cli.common import OutputOption, write


def command(output: OutputOption = None) -> None:
    """Print the JSON Schema of the spec language, for editors that complete and check YAML."""
    import json

    from vggstat.sources.spec import schema

    write(json.dumps(schema(), indent=2) + "\n", output)
