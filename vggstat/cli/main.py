"""The program: finds the command, runs it, and turns what goes wrong into a message and an exit code.

Only the module of the command that is asked for is imported; help and shell completion import all of them.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperOption

from vggstat.cli import streams
from vggstat.errors import VggstatError

__all__ = ["COMMANDS", "build_app", "main"]

COMMANDS: Final = (
    "table",
    "compare",
    "list",
    "spec",
    "configs",
    "stack",
    "explain",
    "check",
    "rule",
    "memory",
    "fit",
    "verify",
    "identify",
    "roofline",
    "bench",
    "results",
    "draw",
    "plot",
    "report",
    "export",
    "schema",
)
"""The commands in the order of the help. Each is ``command`` in the module ``vggstat.cli.<name>``."""

OF_SPECS: Final = frozenset(COMMANDS) - {"list", "configs", "stack", "rule", "schema"}
"""The commands that read specs."""

WITH_TORCH: Final = (["verify"], ["identify"], ["bench"])
"""Commands whose large tensors may hang on cycles."""

SELDOM: Final = 200_000
"""Objects made between two looks for cycles. What the other commands make has none and is there until they end:
looking through it again and again took a third of their time for large networks."""

FAULT: Final = 3
ClickException: Final[type[Any]] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)
"""What wrong words on the command line raise; typer has click beside it or, later, inside."""
INTERRUPTED: Final = 130


class SpecCommand(TyperCommand):
    """A command that reads specs, with the option that says where they may come from."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        words = "Let specs extend files that do not lie in or below their own folder."
        option = TyperOption(
            param_decls=["--allow-outside"], is_flag=True, expose_value=False, callback=_outside, help=words
        )
        self.params.append(option)


def _outside(context: typer.Context, _option: object, wanted: bool) -> None:
    """Widen what may be read until the command ends."""
    if wanted:
        from vggstat.sources.spec.access import access, granted

        context.with_resource(granted(access().replace(outside=True)))


def _version(wanted: bool) -> None:
    if wanted:
        from vggstat.cli.streams import put
        from vggstat.version import __version__

        put(f"vggstat {__version__}\n")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Exact figures of networks, each under its convention: shapes, parameters, operations, memory."""


def build_app(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """The Typer application with the commands of these names."""
    app = typer.Typer(
        name="vggstat",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name in names:
        module = import_module(f"vggstat.cli.{name}")
        settings = getattr(module, "CONTEXT_SETTINGS", None)
        kind = getattr(module, "CommandClass", SpecCommand if name in OF_SPECS else None)
        app.command(name, cls=kind, context_settings=settings)(module.command)
    return app


def _wanted(arguments: Sequence[str]) -> Sequence[str]:
    """The command that is asked for, where it is plain which; else all."""
    if "_VGGSTAT_COMPLETE" in os.environ or not arguments or arguments[0] not in COMMANDS:
        return COMMANDS
    return arguments[:1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 fine, 1 findings, 2 wrong use or input, 3 a fault of vggstat's own."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    streams.prepare()
    with _collecting(seldom=given[:1] not in WITH_TORCH):
        code = _outcome(lambda: build_app(_wanted(given))(given, prog_name="vggstat", standalone_mode=False))
        code = code or _outcome(streams.finish)
    sys.exit(code)


@contextmanager
def _collecting(*, seldom: bool) -> Iterator[None]:
    """Cycles looked for seldom; whoever runs the program within another one has them looked for as before after it."""
    before = gc.get_threshold()
    if seldom:
        gc.set_threshold(SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _outcome(task: Callable[[], object]) -> int:
    """Do what is asked for; what goes wrong becomes a message on stderr, and the exit code."""
    try:
        code = task()
    except VggstatError as error:
        return _complain(str(error), error.exit_code)
    except ClickException as error:
        text = io.StringIO()
        error.show(text)
        streams.say(text.getvalue().rstrip("\n"))
        return int(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except RecursionError:
        return _complain("the input is nested too deeply", 2)
    except Exception as error:
        if os.environ.get("VGGSTAT_DEBUG"):
            raise
        if isinstance(error, OSError):
            streams.give_up()
            return _complain(f"{error.filename or 'cannot read or write'}: {error.strerror or error}", 2)
        return _complain(f"this is a fault of vggstat's own: {streams.named(error)}\n{streams.PLEASE}", FAULT)
    return code if isinstance(code, int) else 0


def _complain(text: str, code: int) -> int:
    """Says on stderr what is wrong, and passes the exit code on."""
    streams.say(f"vggstat: error: {text}")
    return code
