"""Benchmark results as versioned JSON: written with all that is derived, read back from the raw samples.

    {"schema": 1, "started": ..., "interrupted": false,
     "environment": {"device": ..., "kind": "cuda", "memory_bytes": ..., "versions": {...}, "settings": {...}},
     "ceilings": [{"dtype": "bf16", "flops_per_s": ..., "bytes_per_s": ..., "matmul_samples_s": [...], ...}],
     "results": [{"spec": "D", "device": "cuda:0", "dtype": "bfloat16", "batch": 256, "mode": "inference",
                  "execution": "eager", "samples_s": [...], "median_s": ..., "interval_s": [low, high],
                  "images_per_s": ..., "tflops": ..., "layers": [{"name", "median_s", "bound_s", ...}],
                  "memory": {"predicted_bytes", "requested_peak_bytes", "workspace_bytes", ...}, ...}],
     "scaling": [{"spec": "D", "backend": "nccl", "batch": 256, "gradient_bytes": ...,
                  "points": [{"processes": 2, "samples_s": [...], "unsynced_samples_s": [...], "efficiency": ..., ...}]}]}

Times are in seconds, memory in bytes. Derived figures (medians, intervals, rates) are for other programs:
reading takes the samples, and computes them anew.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import json

from vggstat.cost.bench import BenchFile, BenchResult, LayerTime, MeasuredCeilings, MemoryBridge, Timing
from vggstat.cost.json_errors import check_schema, told_in_words
from vggstat.cost.scaling import Scaling, ScalingPoint
from vggstat.cost.statistics import median, median_interval
from vggstat.cost.workload import find_dtype
from vggstat.errors import InputError, VggstatError
from vggstat.files import read_bytes

__all__ = ["SCHEMA", "parse_results", "read_results", "results_data", "results_text"]

SCHEMA: Final = 1

LARGEST: Final = 200_000_000
"""Bytes of the largest file of results: a sweep of fifty rows has about one million."""


MODELS_OWN: Final = ("further_inputs", "loss")
"""Keys that only a model's results have, and only where there is something to say."""


# writing


def results_text(file: BenchFile) -> str:
    """The file's text, ending in a newline."""
    return json.format(json.encode(results_data(file)), indent=1).decode() + "\n"


def results_data(file: BenchFile) -> dict[str, Any]:
    """The file as plain data, with all that is derived."""
    data: dict[str, Any] = {"schema": SCHEMA, **msgspec.to_builtins(file)}
    for entry, ceilings in zip(data["ceilings"], file.ceilings, strict=True):
        entry.update(_rates(ceilings))
    for entry, result in zip(data["results"], file.results, strict=True):
        _derive(entry, result)
    for entry, scaling in zip(data["scaling"], file.scaling, strict=True):
        for point, measured in zip(entry["points"], scaling.points, strict=True):
            point.update(_scaled(scaling, measured))
    return data


def _scaled(scaling: Scaling, point: ScalingPoint) -> dict[str, Any]:
    ratio = scaling.efficiency(point)
    return {
        **_quantiles(point.timing),
        "images_per_s": scaling.images_per_s(point),
        "efficiency": ratio.value if ratio else None,
        "efficiency_interval": list(ratio.interval) if ratio else None,
        "exposed_s": point.exposed_s,
        "exposed_interval_s": list(point.exposed_interval_s) if point.exposed_interval_s else None,
        "sent_bytes": scaling.sent_bytes(point),
    }


def _rates(ceilings: MeasuredCeilings) -> dict[str, Any]:
    return {"flops_per_s": ceilings.flops_per_s, "bytes_per_s": ceilings.bytes_per_s}


def _derive(entry: dict[str, Any], result: BenchResult) -> None:
    """Add to a result's data what follows from its samples."""
    rate = result.flops_per_s
    for key in MODELS_OWN:
        if not entry[key]:
            del entry[key]
    entry |= _quantiles(result.timing) if result.timing else {}
    entry |= {
        "images_per_s": result.images_per_s,
        "tflops": rate / 1e12 if rate is not None else None,
        "reached": result.reached,
        "parts": {
            name: {**part, **_quantiles(getattr(result.parts, name))}
            for name, part in entry["parts"].items()
            if part is not None
        },
    }
    for data, layer in zip(entry["layers"], result.layers, strict=True):
        data |= _layer_medians(layer)
    if result.memory:
        entry["memory"] |= _explained(result.memory)


def _quantiles(timing: Timing) -> dict[str, Any]:
    return {"median_s": timing.median_s, "interval_s": list(timing.interval_s)}


def _layer_medians(layer: LayerTime) -> dict[str, Any]:
    return {
        "median_s": layer.median_s,
        "interval_s": list(median_interval(layer.samples_s)),
        "backward_median_s": median(layer.backward_samples_s) if layer.backward_samples_s else None,
    }


def _explained(memory: MemoryBridge) -> dict[str, Any]:
    return {"workspace_bytes": memory.workspace_bytes, "unexplained_bytes": memory.unexplained_bytes}


# reading


class _Beginning(msgspec.Struct):
    """What tells that a file is one of ours, and of which schema."""

    schema: Any = None
    results: msgspec.Raw = msgspec.Raw()


_BEGINNING: Final = json.Decoder(_Beginning)
_WHOLE: Final = json.Decoder(BenchFile)


def read_results(path: str) -> BenchFile:
    """The results in a file. Raises InputError where it cannot be read, is cut off, or of another schema."""
    return parse_results(read_bytes(path, what="a file of results", limit=LARGEST), path)


def parse_results(text: str | bytes, source: str) -> BenchFile:
    """The results in a text. Raises InputError, naming the place in it, where it is none of ours."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    with told_in_words(data, source, "a file that `vggstat bench --save` wrote"):
        beginning = _BEGINNING.decode(data)
        if beginning.schema is None or not bytes(beginning.results):
            raise InputError(
                f"{source} holds no benchmark results: expected a file that `vggstat bench --save` wrote"
            )
        check_schema(beginning.schema, SCHEMA, source, again="measure again")
        file = _WHOLE.decode(data)
    for number, result in enumerate(file.results):
        _check_result(result, f"{source}: results[{number}]")
    return file


def _check_result(result: BenchResult, where: str) -> None:
    """What no type says: a result has a time or an error, and formats that there are."""
    if not result.samples_s and not result.error:
        raise InputError(f"{where}.samples_s: is empty, and there is no error that says why")
    if result.samples_s and median(result.samples_s) <= 0:
        raise InputError(f"{where}.samples_s: expected times above 0")
    for key in ("dtype", "autocast"):
        try:
            find_dtype(getattr(result, key) or "float32")
        except VggstatError as error:
            raise InputError(f"{where}.{key}: {error}") from None
