"""``vggstat spec``."""

from __future__ import annotations

from vggstat.cli.common import (
    ClassesOption,
    HeadOption,
    InputOption,
    NoTopOption,
    OutputOption,
    SpecArgument,
    load_report,
    variant_of,
    write,
)


def command(
    spec: SpecArgument,
    output: OutputOption = None,
    input_size: InputOption = None,
    classes: ClassesOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
) -> None:
    """Write a network as a spec in YAML, as short as the language allows: it reads back to the same layers and figures.

    What the language has no words for is listed instead, layer by layer, and nothing is written (exit 1).

    Examples: vggstat spec D · vggstat spec D@head=gap --classes 10 -o mine.yaml
    """
    from vggstat.sources.spec.writer import write_spec

    options = variant_of(input_size=input_size, classes=classes, head=head, no_top=no_top)
    write(write_spec(load_report(spec, options).graph), output)
