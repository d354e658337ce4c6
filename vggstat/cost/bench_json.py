"""Benchmark results as versioned JSON: written with all that is derived, read back from the raw samples.

    {"schema": 1, "started": ..., "interrupted": false,
     "environment": {"device": ..., "kind": "cuda", "memory_bytes": ..., "versions": {...}, "settings": {...}},
     "ceilings": [{"dtype": "bf16", "flops_per_s": ..., "bytes_per_s": ..., "matmul_samples_s": [...], ...}],
     "results": [{"spec": "D", "device": "cuda:0", "dtype": "bfloat16", "batch": 256, "mode": "inference",
                  "execution": "eager", "samples_s": [...], "median_s": ..., "interval_s": [low, high],
                  "images_per_s": ..., "tflops": ..., "layers": [{"name", "median_s", "bound_s", ...}],
                  "memory": {"predicted_bytes", "requested_peak_bytes", "workspace_bytes", ...}, ...}]}

Times are in seconds, memory in bytes. Derived figures (medians, intervals, rates) are for other programs:
reading takes the samples, and computes them anew.
"""

from __future__ import annotations

import json
from typing import Any, Final, cast, get_args

from vggstat.cost.bench import (
    BenchFile,
    BenchResult,
    Counted,
    DeviceInfo,
    Execution,
    LayerTime,
    MeasuredCeilings,
    MemoryBridge,
    Scratch,
    Telemetry,
    Timing,
    Warned,
)
from vggstat.cost.json_reader import Reader
from vggstat.cost.statistics import median, median_interval
from vggstat.errors import InputError

__all__ = ["SCHEMA", "parse_results", "read_results", "results_data", "results_text"]

SCHEMA: Final = 1


# writing


def results_text(file: BenchFile) -> str:
    """The file's text, ending in a newline."""
    return json.dumps(results_data(file), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def results_data(file: BenchFile) -> dict[str, Any]:
    """The file as plain data."""
    device = file.device
    return {
        "schema": SCHEMA,
        "started": file.started,
        "interrupted": file.interrupted,
        "environment": {
            "device": device.name,
            "kind": device.kind,
            "index": device.index,
            "memory_bytes": device.memory_bytes,
            "versions": dict(device.versions),
            "settings": dict(device.settings),
        },
        "ceilings": [
            {
                "device": entry.device,
                "dtype": entry.dtype,
                "flops_per_s": entry.flops_per_s,
                "bytes_per_s": entry.bytes_per_s,
                "matmul_n": entry.matmul_n,
                "matmul_samples_s": list(entry.matmul_samples_s),
                "copy_bytes": entry.copy_bytes,
                "copy_samples_s": list(entry.copy_samples_s),
            }
            for entry in file.ceilings
        ],
        "results": [_result_data(result) for result in file.results],
    }


def _result_data(result: BenchResult) -> dict[str, Any]:
    timing = result.timing
    rate = result.flops_per_s
    return {
        "spec": result.spec,
        "title": result.title,
        "digest": result.digest,
        "device": result.device,
        "dtype": result.dtype,
        "autocast": result.autocast,
        "input": list(result.image),
        "head": result.head,
        "classes": result.classes,
        "batch": result.batch,
        "mode": result.mode,
        "optimizer": result.optimizer,
        "execution": result.execution,
        "compile": result.compile_mode,
        "channels_last": result.channels_last,
        **(_timing_data(timing) if timing else {"samples_s": []}),
        "images_per_s": result.images_per_s,
        "flops": result.flops,
        "ideal_bytes": result.bytes,
        "tflops": rate / 1e12 if rate is not None else None,
        "fused_bound_s": result.fused_bound_s,
        "eager_bound_s": result.eager_bound_s,
        "reached": result.reached,
        "parts": {
            name: _timing_data(part)
            for name, part in (
                ("forward", result.forward),
                ("backward", result.backward),
                ("optimizer", result.optimizer_step),
            )
            if part
        },
        "layers": [_layer_data(layer) for layer in result.layers],
        "layers_method": result.layers_method,
        "layers_pass": result.layers_pass,
        "memory": _memory_data(result.memory) if result.memory else None,
        "counted": [entry._asdict() for entry in result.counted],
        "telemetry": _telemetry_data(result.telemetry) if result.telemetry else None,
        "warnings": [entry._asdict() for entry in result.warnings],
        "error": result.error,
        "predicted_bytes": result.predicted_bytes,
        "note": result.note,
    }


def _timing_data(timing: Timing) -> dict[str, Any]:
    return {
        "samples_s": list(timing.samples_s),
        "host_samples_s": list(timing.host_samples_s),
        "first_s": timing.first_s,
        "median_s": timing.median_s,
        "interval_s": list(timing.interval_s),
    }


def _layer_data(layer: LayerTime) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "median_s": layer.median_s,
        "interval_s": list(median_interval(layer.samples_s)),
        "bound_s": layer.bound_s,
        "limit": layer.limit,
        "flops": layer.flops,
        "bytes": layer.bytes,
        "eager_bytes": layer.eager_bytes,
        "input_channels": layer.input_channels,
        "samples_s": list(layer.samples_s),
        "backward_median_s": median(layer.backward_samples_s) if layer.backward_samples_s else None,
        "backward_bound_s": layer.backward_bound_s,
        "backward_flops": layer.backward_flops,
        "backward_bytes": layer.backward_bytes,
        "backward_samples_s": list(layer.backward_samples_s),
    }


def _memory_data(memory: MemoryBridge) -> dict[str, Any]:
    return {
        "predicted_bytes": memory.predicted_bytes,
        "predicted_at": memory.predicted_at,
        "workspace_bytes": memory.workspace_bytes,
        "workspaces": [entry._asdict() for entry in memory.scratch],
        "requested_peak_bytes": memory.requested_peak_bytes,
        "unexplained_bytes": memory.unexplained_bytes,
        "measured_at": memory.measured_at,
        "allocated_peak_bytes": memory.allocated_peak_bytes,
        "reserved_peak_bytes": memory.reserved_peak_bytes,
        "device_bytes": memory.device_bytes,
        "method": memory.method,
        "error": memory.error,
    }


def _telemetry_data(telemetry: Telemetry) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in telemetry.__dict__.items()
    }


# reading


def read_results(path: str) -> BenchFile:
    """The results in a file. Raises InputError where it cannot be read, is cut off, or of another schema."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {path}: it is not a text file in UTF-8") from None
    return parse_results(text, path)


def parse_results(text: str, source: str) -> BenchFile:
    """The results in a text. Raises InputError where it is none of ours."""
    try:
        data = json.loads(text)
    except ValueError as error:
        reason = str(error)
        started = not text.strip() or text.lstrip().startswith(("{", "["))
        whole = text.rstrip().endswith("}") or not started
        hint = (
            "is it a file that `vggstat bench --save` wrote?"
            if whole
            else "it ends in the middle: was it cut off?"
        )
        raise InputError(f"cannot read {source}: {reason}; {hint}") from None
    except RecursionError:
        raise InputError(f"cannot read {source}: it is nested too deeply") from None
    root = Reader(data, "", source)
    if "schema" not in root.value or "results" not in root.value:
        raise InputError(
            f"{source} holds no benchmark results: expected a file that `vggstat bench --save` wrote"
        )
    schema = root.count("schema")
    if schema != SCHEMA:
        raise InputError(
            f"{source} is of schema {schema}, and this vggstat reads schema {SCHEMA}: "
            f"{'update vggstat' if schema > SCHEMA else 'measure again'}"
        )
    environment = Reader(root.value.get("environment"), "environment", source)
    return BenchFile(
        started=root.text("started", ""),
        interrupted=root.flag("interrupted", False),
        device=DeviceInfo(
            kind=environment.text("kind", "cpu"),
            index=environment.count("index", 0),
            name=environment.text("device", ""),
            memory_bytes=environment.count("memory_bytes", 0),
            versions=environment.mapping("versions"),
            settings=environment.mapping("settings"),
        ),
        ceilings=root.objects("ceilings", _ceilings),
        results=root.objects("results", _result, required=True),
    )


def _ceilings(entry: Reader) -> MeasuredCeilings:
    found = MeasuredCeilings(
        device=entry.text("device", ""),
        dtype=entry.text("dtype"),
        matmul_n=entry.count("matmul_n"),
        matmul_samples_s=entry.times("matmul_samples_s"),
        copy_bytes=entry.count("copy_bytes"),
        copy_samples_s=entry.times("copy_samples_s"),
    )
    for key, samples in (
        ("matmul_samples_s", found.matmul_samples_s),
        ("copy_samples_s", found.copy_samples_s),
    ):
        if not samples or min(samples) <= 0:
            raise entry.wrong(key, "expected times above 0")
    return found


def _result(entry: Reader) -> BenchResult:
    execution = entry.text("execution", "eager")
    if execution not in get_args(Execution):
        raise entry.wrong("execution", f"expected one of {', '.join(get_args(Execution))}, got {execution!r}")
    timing = _timing(entry)
    error = entry.text("error", "")
    if timing is None and not error:
        raise entry.wrong("samples_s", "is empty, and there is no error that says why")
    parts = Reader(entry.mapping("parts"), f"{entry.place}.parts", entry.source)
    return BenchResult(
        spec=entry.text("spec"),
        title=entry.text("title", ""),
        digest=entry.text("digest", ""),
        device=entry.text("device", "cpu"),
        dtype=entry.text("dtype"),
        autocast=entry.maybe_text("autocast"),
        image=tuple(entry.value.get("input") or ()),
        head=entry.text("head", ""),
        classes=entry.maybe_count("classes"),
        batch=entry.count("batch"),
        mode=entry.text("mode", "inference"),
        optimizer=entry.maybe_text("optimizer"),
        execution=cast(Execution, execution),
        compile_mode=entry.text("compile", "off"),
        channels_last=entry.flag("channels_last", True),
        timing=timing,
        forward=parts.maybe_object("forward", _timing),
        backward=parts.maybe_object("backward", _timing),
        optimizer_step=parts.maybe_object("optimizer", _timing),
        flops=entry.count("flops", 0),
        bytes=entry.count("ideal_bytes", 0),
        fused_bound_s=entry.maybe_number("fused_bound_s"),
        eager_bound_s=entry.maybe_number("eager_bound_s"),
        layers=entry.objects("layers", _layer),
        layers_method=entry.text("layers_method", ""),
        layers_pass=cast(Execution, entry.text("layers_pass", "eager")),
        memory=entry.maybe_object("memory", _memory),
        counted=entry.objects("counted", lambda e: Counted(e.text("what"), e.count("found"), e.text("by"))),
        telemetry=entry.maybe_object("telemetry", _telemetry),
        warnings=entry.objects("warnings", lambda e: Warned(e.text("code"), e.text("text"))),
        error=error,
        predicted_bytes=entry.count("predicted_bytes", 0),
        note=entry.text("note", ""),
    )


def _timing(entry: Reader) -> Timing | None:
    samples = entry.times("samples_s")
    if not samples:
        return None
    if median(samples) <= 0:
        raise entry.wrong("samples_s", "expected times above 0")
    return Timing(
        samples_s=samples,
        first_s=entry.maybe_number("first_s"),
        host_samples_s=entry.times("host_samples_s", ()),
    )


def _layer(entry: Reader) -> LayerTime:
    samples = entry.times("samples_s", ())
    if not samples:
        samples = (entry.number("median_s"),)
    limit = entry.text("limit", "memory")
    if limit not in ("compute", "memory"):
        raise entry.wrong("limit", f"expected compute or memory, got {limit!r}")
    return LayerTime(
        name=entry.text("name"),
        kind=entry.text("kind", ""),
        samples_s=samples,
        backward_samples_s=entry.times("backward_samples_s", ()),
        flops=entry.count("flops", 0),
        bytes=entry.count("bytes", 0),
        eager_bytes=entry.count("eager_bytes", 0),
        input_channels=entry.count("input_channels", 0),
        bound_s=entry.number("bound_s", 0.0),
        limit=limit,  # type: ignore[arg-type]
        backward_bound_s=entry.number("backward_bound_s", 0.0),
        backward_flops=entry.count("backward_flops", 0),
        backward_bytes=entry.count("backward_bytes", 0),
    )


def _memory(entry: Reader) -> MemoryBridge:
    return MemoryBridge(
        predicted_bytes=entry.count("predicted_bytes"),
        predicted_at=entry.text("predicted_at", ""),
        scratch=entry.objects(
            "workspaces", lambda e: Scratch(e.text("name"), e.count("bytes"), e.text("evidence", ""))
        ),
        requested_peak_bytes=entry.count("requested_peak_bytes"),
        measured_at=entry.text("measured_at", ""),
        allocated_peak_bytes=entry.maybe_count("allocated_peak_bytes"),
        reserved_peak_bytes=entry.maybe_count("reserved_peak_bytes"),
        device_bytes=entry.maybe_count("device_bytes"),
        method=entry.text("method", ""),
        error=entry.text("error", ""),
    )


def _telemetry(entry: Reader) -> Telemetry:
    known: dict[str, Any] = {
        name: value for name, value in entry.value.items() if name in Telemetry.record_fields
    }
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
    return Telemetry(**fields)
