"""The toy table: the least that a program with Typer, YAML and rich does. Start-up is measured against it."""

from __future__ import annotations

import typer
import yaml
from rich.console import Console
from rich.table import Table

app = typer.Typer()


@app.command()
def table(name: str) -> None:
    """Print 25 rows."""
    loaded = yaml.load(f"name: {name}", Loader=yaml.CSafeLoader)
    grid = Table(title=loaded["name"])
    for header in ("name", "layer", "output", "parameters", "MACs", "values"):
        grid.add_column(header, justify="right")
    for row in range(25):
        grid.add_row(*(f"{row * column:,}" for column in range(6)))
    Console().print(grid)


@app.command()
def other(name: str) -> None:
    """Print the name."""
    print(name)


if __name__ == "__main__":
    app()
