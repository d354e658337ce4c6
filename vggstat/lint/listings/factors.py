"""The products that people write for a layer's count."""

from __future__ import annotations

from vggstat.lint.network import Target


def canonical(target: Target, column: str) -> tuple[tuple[int, ...], ...]:
    """The factors of a layer's figure in the orders that people write them."""
    if column == "memory":
        if len(target.shape) == 3:
            channels, height, width = target.shape
            return (height, width, channels), (channels, height, width)
        return (target.shape,)
    if column == "params" and target.factors:
        before = target.in_shape if len(target.in_shape) == 3 else target.source
        flat = (*before[1:], before[0], target.shape[0]) if len(before) == 3 else ()
        return target.factors, flat
    return ()


def eaten(digits: str, target: Target, column: str) -> bool:
    """Whether these are the digits of the right product whose signs Markdown has eaten."""
    return any(digits == "".join(map(str, factors)) for factors in canonical(target, column) if factors)


def derivation(target: Target, column: str, exact: int) -> str:
    """The count as a product of plain numbers; empty where it is none."""
    if column == "params" and target.factors:
        product = "*".join(map(str, target.factors))
        if target.kind == "bn":
            return ""
        return product if exact == target.weights else f"{product} + {target.biases}"
    if column == "memory" and len(target.shape) == 3:
        channels, height, width = target.shape
        return f"{height}*{width}*{channels}"
    return ""
