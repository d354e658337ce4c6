"""How a report lies in JSON, for what writes it and for what reads it back.

Totals are named here; memory stands in ``memory`` and ``tools.memory`` under the names of accountings, and operations in
``tools.operations`` under the names of rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OWN_ACCOUNTINGS", "SCHEMA", "TOTALS"]

SCHEMA: Final = 1
"""The version of the JSON layout. Keys are only ever added within a version."""

TOTALS: Final[Mapping[str, str]] = {
    "weight_layers": "weight_layers",
    "conv_layers": "conv_layers",
    "weights": "weights",
    "biases": "biases",
    "params": "params",
    "param_bytes": "param_bytes",
    "weights_file_bytes": "weights_file_bytes",
    "macs": "operations:macs",
    "flops": "operations:flops",
    "backward_flops": "backward_flops",
    "training_flops": "training_flops",
    "output_values": "values:outputs",
    "output_bytes": "memory:outputs",
    "inference_bytes": "inference_bytes",
    "module_inference_bytes": "module_inference_bytes",
}
"""The keys of ``totals``, and which fact each is."""

OWN_ACCOUNTINGS: Final = 6
"""How many of the accountings stand in ``memory``: vggstat's own; those of other tools stand under ``tools``."""
