"""``vggstat bench``."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vggstat.cli.common import (
    ClassesOption,
    FormatOption,
    HeadOption,
    InputOption,
    NoTopOption,
    OutputOption,
    WidthOption,
    show,
    variant_of,
)
from vggstat.cli.files import write_file
from vggstat.cli.results import check_layers, predictions_for
from vggstat.cli.running import AutocastOption, ImplementationOption, ModeOption, OptimizerOption, running
from vggstat.cli.signals import signals_as
from vggstat.cli.streams import say, show_progress
from vggstat.errors import UsageError

if TYPE_CHECKING:
    from vggstat.cost.bench import BenchFile, BenchResult, Execution
    from vggstat.cost.report import Report
    from vggstat.cost.variant import Variant
    from vggstat.cost.workload import Workload
    from vggstat.measure.bench.benchmarked import Benchmarked

INTERRUPTED = 130
"""128 and the number of SIGINT, as a shell has it."""
MODES = ("default", "max-autotune")
COMPILE_MODES = ("off", *MODES)
WAYS = ("eager", "graph", "compiled", "fused")
"""How a pass can be run; eager is always measured, for it is what all others are held against."""


def command(
    specs: Annotated[
        list[str], typer.Argument(metavar="SPEC ...", help="Networks, as for `table`.", show_default=False)
    ],
    device: Annotated[
        str,
        typer.Option(
            "--device", "-d", metavar="DEVICE", help="auto (a GPU if there is one), cpu, cuda, cuda:1."
        ),
    ] = "auto",
    devices: Annotated[
        str | None,
        typer.Option(
            "--devices",
            metavar="LIST",
            help="all, or 0,1,3: these GPUs one after the other, and their outliers.",
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(
            "--dtype", metavar="LIST", help="bf16, fp16, tf32, fp32; default fp32 on a CPU, else bf16."
        ),
    ] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", metavar="LIST", help="Batches, as 1,32,256.")
    ] = None,
    mode: ModeOption = "inference",
    optimizer: OptimizerOption = None,
    implementation: ImplementationOption = None,
    autocast: AutocastOption = None,
    execution: Annotated[
        str | None,
        typer.Option(
            "--execution",
            metavar="LIST",
            help="eager, graph, compiled, fused; or fast, the fastest of them. Default: eager on a CPU, else all.",
        ),
    ] = None,
    compile_mode: Annotated[
        str | None,
        typer.Option(
            "--compile",
            metavar="MODE",
            help="off, default or max-autotune: how the compiled row is compiled. Default: off on a CPU.",
        ),
    ] = None,
    graph: Annotated[
        bool | None,
        typer.Option(
            "--graph/--no-graph", help="Rows through a CUDA graph; default on CUDA.", show_default=False
        ),
    ] = None,
    channels_last: Annotated[
        bool | None,
        typer.Option(
            "--channels-last/--no-channels-last",
            help="Channels innermost in memory: the default, but for a model, which is run as it is written.",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", help="The longest that one row is measured.")
    ] = 5.0,
    layers: Annotated[
        str, typer.Option("--layers", metavar="last|all|none", help="Whose layers to show.")
    ] = "last",
    calibrate: Annotated[
        list[str] | None,
        typer.Option(
            "--calibrate", metavar="FILE", help="Hold it against a prediction from other networks' results."
        ),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option("--save", metavar="FILE", help="Keep everything as JSON, raw samples included."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Run what is predicted not to fit into memory.")
    ] = False,
    input_size: InputOption = None,
    classes: ClassesOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Measure networks on a real device, and hold time and memory against bounds and predictions.

    The network of a spec is built; a model (package.module:factory, whose code this runs) is timed as it is, by its own
    forward pass on a copy with random weights.

    Needs torch: pip install 'vggstat[torch]'. Ctrl-C or SIGTERM ends it and keeps what was measured (exit code 130, 143).

    Started by torchrun with --mode training it measures DistributedDataParallel on 1, 2, 4, ... processes.

    Examples: vggstat bench D --batch 1,32,256 --save d.json · vggstat bench A B D E --mode training · vggstat bench nets:net
    """
    from vggstat.sources.require import require_torch

    check_layers(layers)
    if not 0 < seconds <= 86400:
        raise UsageError(f"--seconds takes a time above 0, not {seconds:g}")
    if compile_mode is not None and compile_mode not in COMPILE_MODES:
        raise UsageError(f"--compile takes {', '.join(COMPILE_MODES)}, not {compile_mode!r}")
    require_torch("bench")
    from vggstat.measure.bench.settings import choose_device, choose_devices, require_dtype
    from vggstat.measure.bench.several import device_of, measure_scaling, ranks_here

    ranks = ranks_here()
    aloud = _muted() if ranks is not None and ranks.rank else None
    if devices is not None and (ranks is not None or device != "auto"):
        raise UsageError("--devices names all devices: without --device, and not under torchrun")
    places = choose_devices(devices) if devices is not None else (choose_device(device),)
    place = places[0]
    if ranks is not None:
        place = device_of(ranks, place.type)
        _refuse_alone(mode, specs, batch, dtype, execution, compile_mode, graph, calibrate)
    on_cpu = place.type == "cpu"
    if graph and on_cpu:
        raise UsageError("--graph needs a CUDA device: a CPU has no CUDA graphs")
    lowered = autocast
    words = [word.strip() for word in dtype.split(",")] if dtype else [None]
    if dtype is None and not on_cpu:
        # Training keeps its parameters in float32 and multiplies in bfloat16, as is usual.
        words, lowered = (["fp32"], autocast or "bf16") if mode == "training" else (["bf16"], None)
    fastest, executions = _executions(
        execution, on_cpu=on_cpu, graph=graph, compile_mode=compile_mode, mode=mode, autocast=lowered
    )
    if fastest and mode == "training":
        implementation = implementation or "fused"
    options = variant_of(input_size=input_size, classes=classes, head=head, no_top=no_top)
    running_as = partial(
        running, mode=mode, optimizer=optimizer, implementation=implementation, autocast=lowered
    )
    sizes = batch.split(",") if batch else [None]
    measured = [pair for spec in specs for pair in _measured(spec, options, words, sizes, running_as)]
    for (report, what), one in product(measured, places):
        require_dtype(report.workload.autocast or report.workload.dtype, one)
        if calibrate and "calibrate" in what.refused:
            raise UsageError(what.refused["calibrate"])
    received: list[int] = []

    def interrupt(number: int) -> KeyboardInterrupt:
        received.append(number)
        return KeyboardInterrupt()

    if ranks is not None:
        if aloud:
            aloud()
        first = ranks.rank == 0
        keep, progress = _keeper(save if first else None), _progress_line() if first else _unheard
        try:
            with signals_as(interrupt):
                report, what = measured[0]
                file = measure_scaling(
                    report,
                    ranks,
                    place,
                    what=what,
                    seconds=seconds,
                    channels_last=what.channels_last if channels_last is None else channels_last,
                    keep=keep,
                    report_progress=progress,
                )
        finally:
            progress(None)
        keep(file)
        code = 128 + received[-1] if received else INTERRUPTED
        if first:
            _finish_scaling(file, format_name, output, width)
        raise typer.Exit(code if file.interrupted else 0)
    from vggstat.cost.bench import BenchPlan
    from vggstat.cost.bench_json import read_results
    from vggstat.measure.bench.run import Benchmark, measure_each
    from vggstat.measure.bench.session import Configuration

    configurations = [
        Configuration(
            BenchPlan(
                spec=report.name,
                batch=report.workload.batch,
                dtype=report.workload.dtype.short,
                autocast=report.workload.autocast.short if report.workload.autocast else None,
                mode=report.workload.mode,
                optimizer=report.workload.optimizer.name,
                executions=_possible(executions, what, execution or ""),
                fastest=fastest,
                compile_mode=compile_mode if compile_mode in MODES else "default",
                channels_last=what.channels_last if channels_last is None else channels_last,
                seconds=seconds,
            ),
            report,
            what,
        )
        for report, what in measured
    ]
    for path in calibrate or ():
        read_results(path)  # what is wrong with it is said before the clock starts
    progress = _progress_line()
    keep = _keeper(save)
    made: list[Benchmark] = []

    def make(one: Any) -> Benchmark:
        made.append(
            Benchmark(
                configurations,
                one,
                report_progress=progress,
                keep=keep if len(places) == 1 else lambda _: None,
                force=force,
            )
        )
        return made[-1]

    try:
        with signals_as(interrupt):
            file = measure_each(places, make, keep)
    finally:
        progress(None)
        if len(places) == 1 and made:
            keep(made[0].file)  # whatever went wrong, what was measured is there
    code = 128 + received[-1] if received else INTERRUPTED
    _finish(
        file,
        [report for report, _ in measured],
        layers,
        calibrate,
        format_name,
        output,
        width,
        interrupted=code,
    )


def _muted() -> Callable[[], None]:
    """Nothing is said until the function that is returned is called: the first process says what all would say."""
    before, sys.stderr = sys.stderr, io.StringIO()

    def aloud() -> None:
        sys.stderr = before

    return aloud


def _unheard(progress: Any) -> None:
    """What the other processes do with their progress."""


def _refuse_alone(
    mode: str, specs: list[str], batch: str | None, dtype: str | None, *options: object
) -> None:
    """Raises UsageError for what is measured on one device only."""
    if mode != "training":
        raise UsageError(
            "torchrun starts several processes, which share the work of a training step only: --mode training"
        )
    if len(specs) > 1 or "," in (batch or "") or "," in (dtype or ""):
        raise UsageError(
            "under torchrun one configuration is measured: one SPEC, one --batch and one --dtype"
        )
    if any(option is not None and option != [] for option in options):
        raise UsageError(
            "under torchrun the step is run eagerly: without --execution, --compile, --graph and --calibrate"
        )


def _finish_scaling(file: BenchFile, format_name: str | None, output: str | None, width: int | None) -> None:
    from vggstat.render.views.scaling import scaling_page

    if not file.scaling[0].points:
        say("vggstat: interrupted before anything was measured")
        return
    show(scaling_page(file), format_name, output, width)


def _measured(
    spec: str,
    options: Variant,
    words: Sequence[str | None],
    sizes: Sequence[str | None],
    running_as: Callable[[Workload], Workload],
) -> Iterator[tuple[Report, Benchmarked]]:
    """The configurations of one argument, in each dtype and batch; what stands after its @ counts before the options."""
    from vggstat.cost.footprint import refuse_untrainable
    from vggstat.cost.report import analyze
    from vggstat.cost.variant import parse_batch, parse_variant
    from vggstat.cost.workload import find_dtype
    from vggstat.measure.bench.traced import benchmarked
    from vggstat.sources.source import find_source

    asked = parse_variant(spec)
    wanted = asked.over(options).wanted
    source = find_source(asked.argument)
    graph, what = source.graph(wanted), benchmarked(source, wanted)
    for word, size in product(words, sizes):
        chosen = options.replace(
            dtype=None if word is None else find_dtype(word),
            batch=None if size is None else parse_batch(size.strip()),
        )
        workload = running_as(asked.over(chosen).workload)
        refuse_untrainable(graph, workload)
        yield analyze(graph, workload), what


def _possible(executions: tuple[Execution, ...], what: Benchmarked, words: str) -> tuple[Execution, ...]:
    """Those that what is benchmarked can be run as. Raises UsageError where one of the others was asked for by name."""
    asked = {word.strip() for word in words.split(",")}
    for style in asked & what.refused.keys():
        raise UsageError(what.refused[style])
    return tuple(name for name in executions if name.removesuffix("+graph") not in what.refused)


def _executions(
    words: str | None,
    *,
    on_cpu: bool,
    graph: bool | None,
    compile_mode: str | None,
    mode: str,
    autocast: str | None,
) -> tuple[bool, tuple[Execution, ...]]:
    """Whether only the fastest is wanted, and the executions, eager before all others.

    Raises UsageError for what is none, and for what does not run here.
    """
    fused = mode == "inference" and autocast is None
    compiled = compile_mode != "off"
    everything = [
        "eager",
        *([] if on_cpu else ["graph"]),
        *(["compiled"] if compiled else []),
        *(["fused"] if fused else []),
    ]
    chosen = list(dict.fromkeys(word.strip() for word in words.split(","))) if words else []
    fastest = chosen == ["fast"]
    if fastest:
        chosen = everything
    elif not chosen:
        chosen = ["eager", *(["compiled"] if compile_mode in MODES else [])] if on_cpu else everything
    for word in chosen:
        if word not in WAYS:
            raise UsageError(f"--execution takes {', '.join(WAYS)} in a list, or fast alone, not {word!r}")
    if on_cpu and "graph" in chosen:
        raise UsageError("a CPU has no CUDA graphs: --execution takes eager, compiled and fused here")
    if "fused" in chosen and not fused:
        raise UsageError(
            "--execution fused runs inference in one format: without --mode training and --autocast"
        )
    if "compiled" in chosen and not compiled:
        raise UsageError("--execution compiled and --compile off contradict each other")
    if words and "graph" in chosen and graph is False and not fastest:
        raise UsageError("--execution graph and --no-graph contradict each other")
    recorded = not on_cpu and graph is not False
    found: list[Any] = ["eager"]
    found += ["graph"] if "graph" in chosen and recorded else []
    found += [f"{word}+graph" if recorded else word for word in ("compiled", "fused") if word in chosen]
    return fastest, tuple(found)


def _keeper(path: str | None) -> Callable[[BenchFile], None]:
    """Writes the file anew, at once, each time it is called; does nothing without --save or before a result."""

    def keep(file: BenchFile) -> None:
        if path is not None and (file.results or any(entry.points for entry in file.scaling)):
            from vggstat.cost.bench_json import results_text

            write_file(path, results_text(file).encode())

    return keep


def _progress_line() -> Callable[[Any], None]:
    """Progress on stderr: one line that is written over on a terminal, else a line now and then."""
    terminal = sys.stderr.isatty()
    last: list[Any] = [0.0, ""]

    def report(progress: Any) -> None:
        if progress is None:
            if terminal:
                show_progress("")
            return
        text = f"{100 * progress.done:3.0f} %  {progress.what}  at most {progress.left_s:,.0f} s left"
        if terminal:
            show_progress(text[:100])
        elif progress.what != last[1] and monotonic() - last[0] > 1:
            say(text)
            last[:] = [monotonic(), progress.what]

    return report


def _finish(
    file: BenchFile,
    reports: list[Report],
    layers: str,
    calibrate: list[str] | None,
    format_name: str | None,
    output: str | None,
    width: int | None,
    *,
    interrupted: int,
) -> None:
    """Shows what was measured, and ends with the exit code that fits it; ``interrupted`` where it was."""
    from vggstat.render.views.bench import bench_page

    failed = [result for result in file.results if result.error]
    measured = [result for result in file.results if result.timing]
    if not measured:
        if file.interrupted:
            say("vggstat: interrupted before anything was measured")
            raise typer.Exit(interrupted)
        raise UsageError("\n".join(dict.fromkeys(f"{result.spec}: {result.error}" for result in failed)))
    unpredicted = ""
    try:
        predictions = predictions_for(file, reports, calibrate) if calibrate else []
    except UsageError as error:  # what took minutes to measure is shown all the same
        predictions, unpredicted = [], str(error)
    show(bench_page(file, layers=layers, predictions=predictions), format_name, output, width)
    if unpredicted:
        say(f"vggstat: {unpredicted}")
    for result in failed:
        say(f"vggstat: {result.spec}, batch {result.batch:,}: {result.error}")
    if file.interrupted:
        raise typer.Exit(interrupted)
    # In a sweep a configuration that does not fit is a row; anything else that failed is misuse.
    if unpredicted or any(not _is_memory(result) for result in failed):
        raise typer.Exit(2)


def _is_memory(result: BenchResult) -> bool:
    return result.error.startswith(("out of memory", "needs "))
