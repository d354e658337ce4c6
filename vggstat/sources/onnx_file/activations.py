"""Activations that are written out: found by what they compute, not by how somebody writes it.

A run of functions of one value and of constants is tried on some numbers, and compared with the activations that are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import erf, exp, inf, log1p, sqrt, tanh
from typing import Any, Final

from vggstat.sources.onnx_file.rewriting import Found, Net, Pattern
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import Constant, Value

__all__ = ["WRITTEN_OUT"]

ARITHMETIC: Final = frozenset(("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Neg", "Reciprocal"))

ENDS: Final = frozenset(("Add", "Sub", "Mul", "Div", "Min", "Max", "Clip", "Reciprocal"))

SAMPLES: Final = (-2.7, -7.0, -3.1, -2.4, -1.3, -0.6, 0.0, 0.4, 0.9, 1.7, 2.2, 3.3, 6.5)

TOLERANCE: Final = 1e-3
"""Constants of half precision have three digits. The two forms of GELU are closer to each other in places: the nearest counts."""

LONGEST: Final = 12
"""Steps that one activation is written in."""


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def _softplus(x: float) -> float:
    return log1p(exp(x))


def _between(low: float, x: float, high: float) -> float:
    return min(max(x, low), high)


KNOWN: Final[tuple[tuple[str, Mapping[str, Any], Callable[[float], float]], ...]] = (
    ("Relu", {}, lambda x: max(x, 0.0)),
    ("Clip", {"min": 0.0, "max": 6.0}, lambda x: _between(0, x, 6)),
    ("Sigmoid", {}, _sigmoid),
    ("Tanh", {}, tanh),
    ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}, lambda x: _between(0, x / 6 + 0.5, 1)),
    ("HardSwish", {}, lambda x: x * _between(0, x / 6 + 0.5, 1)),
    ("Silu", {}, lambda x: x * _sigmoid(x)),
    ("Mish", {}, lambda x: x * tanh(_softplus(x))),
    ("Gelu", {}, lambda x: x / 2 * (1 + erf(x / sqrt(2)))),
    ("Gelu", {"approximate": "tanh"}, lambda x: x / 2 * (1 + tanh(0.7978845608 * (x + 0.044715 * x**3)))),
)
"""Operator, its settings, and what it computes."""


def _clip(step: Step, x: float, low: float | None = None, high: float | None = None) -> float:
    least, most = step.settings.get("min", low), step.settings.get("max", high)
    return _between(-inf if least is None else least, x, inf if most is None else most)


def _hard_sigmoid(step: Step, x: float) -> float:
    return _between(0, step.settings.get("alpha", 0.2) * x + step.settings.get("beta", 0.5), 1)


COMPUTED: Final[Mapping[str, Callable[..., float]]] = {
    "Add": lambda _, x, y: x + y,
    "Sub": lambda _, x, y: x - y,
    "Mul": lambda _, x, y: x * y,
    "Div": lambda _, x, y: x / y,
    "Pow": lambda _, x, y: x**y,
    "Min": lambda _, *x: min(x),
    "Max": lambda _, *x: max(x),
    "Sum": lambda _, *x: sum(x),
    "Neg": lambda _, x: -x,
    "Abs": lambda _, x: abs(x),
    "Exp": lambda _, x: exp(x),
    "Sqrt": lambda _, x: sqrt(x),
    "Reciprocal": lambda _, x: 1 / x,
    "Erf": lambda _, x: erf(x),
    "Tanh": lambda _, x: tanh(x),
    "Sigmoid": lambda _, x: _sigmoid(x),
    "Softplus": lambda _, x: _softplus(x),
    "Relu": lambda _, x: max(x, 0.0),
    "Clip": _clip,
    "HardSigmoid": _hard_sigmoid,
}
"""What each function of single values makes of them."""


def _written_out(step: Step, net: Net) -> Found | None:
    """The activation that a step is the end of."""
    steps: list[Step] = []
    inside: set[int] = set()
    entering: dict[int, Value] = {}
    last: Step | None = step
    while last is not None and last.op in COMPUTED and len(steps) < LONGEST and _is_of_scalars(last, step):
        if steps and not net.is_read_within(last, inside):
            break
        steps.append(last)
        inside.add(id(last))
        entering.pop(last.number, None)
        entering.update((value.number, value) for value in last.values)
        if not entering:
            break
        newest = max(entering)
        found = _known(steps, entering[newest]) if len(entering) == 1 and _is_arithmetic(steps) else None
        if found is not None:
            layer = step._replace(op=found[0], settings=found[1], inputs=(entering[newest],))
            return Found(layer, tuple(steps[1:]))
        last = net.maker(entering[newest])
    return None


def _is_arithmetic(steps: Sequence[Step]) -> bool:
    """Whether there is a sum, a product or a bound among them: two activations one after the other are two layers."""
    return any(step.op in ARITHMETIC for step in steps)


def _is_of_scalars(step: Step, last: Step) -> bool:
    """Whether it is computed value by value, of maps of one shape and of single numbers."""
    return all(
        item is None
        or (isinstance(item, Value) and item.shape == last.after)
        or (isinstance(item, Constant) and item.scalar is not None and len(item.shape) <= len(last.after))
        for item in step.inputs
    )


def _known(steps: Sequence[Step], entering: Value) -> tuple[str, Mapping[str, Any]] | None:
    """The activation that is nearest to what the steps compute, the last of them first; None where none is near."""
    way = steps[::-1]
    try:
        first = _value(way, entering, SAMPLES[0])
        if all(abs(first - function(SAMPLES[0])) > TOLERANCE for _, _, function in KNOWN):
            return None
        curve = [_value(way, entering, x) for x in SAMPLES]
    except (ArithmeticError, ValueError, TypeError):
        return None
    errors = [
        (max(abs(y - function(x)) for x, y in zip(SAMPLES, curve, strict=True)), place)
        for place, (_, _, function) in enumerate(KNOWN)
    ]
    error, place = min(errors)
    return KNOWN[place][:2] if error < TOLERANCE else None


def _value(steps: Iterable[Step], entering: Value, x: float) -> float:
    """What steps in their order make of one number. Raises what arithmetic does, and ValueError for a complex result."""
    values = {entering.number: x}
    y = x
    for step in steps:
        given = [
            values[item.number]
            if isinstance(item, Value)
            else item.scalar
            if isinstance(item, Constant)
            else None
            for item in step.inputs
        ]
        y = float(COMPUTED[step.op](step, *given))
        values[step.number] = y
    return y


WRITTEN_OUT: Final = Pattern(ENDS, _written_out)
