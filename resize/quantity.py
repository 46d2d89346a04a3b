"""Kubernetes quantities such as ``100m``, ``150M`` or ``128Mi`` as whole numbers, and back.

The number itself is read by ``kubernetes.utils.quantity``. What is added here is what Go's ``resource.Quantity`` does
on top of it: rounding up to whole units, and the canonical text that the API server answers with.

Source: apimachinery ``pkg/api/resource/quantity.go`` (``MilliValue``, ``Value``, ``CanonicalizeBytes``).
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Final

from kubernetes.utils.quantity import format_quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

#: The grammar of a quantity. Decimal alone would let "NaN", "1_000" and surrounding blanks through.
_QUANTITY: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE]?)",
)
#: Largest first, so that the first one that divides gives the canonical text.
_DECIMAL_SUFFIXES: Final = (("E", 10**18), ("P", 10**15), ("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3))
_BINARY_SUFFIXES: Final = (("Ei", 2**60), ("Pi", 2**50), ("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))
#: parse_quantity has no type hints; for every text that the grammar lets through it returns a Decimal.
_parse: Final[Callable[[str], Decimal]] = parse_quantity


def exact(quantity: str) -> Decimal:
    """The value of a quantity without rounding, in its base unit (CPUs or bytes).

    Args:
        quantity: The text as it stands in a pod, such as ``"0.1"``, ``"128Mi"`` or ``"1e3"``.

    Raises:
        ValueError: The text is no quantity, or is negative, which no request or limit may be.
    """
    if _QUANTITY.fullmatch(quantity) is None:
        raise ValueError(f"{quantity!r} is no Kubernetes quantity; write for example 100m, 0.5, 150M, 128Mi or 1e3")
    value = _parse(quantity)
    if value < 0:
        raise ValueError(f"{quantity!r} is negative; requests and limits are zero or more")
    return value


def cpu_milli(quantity: str) -> int:
    """A CPU quantity in thousandths of a CPU, rounded up as Go's ``MilliValue`` does: ``"0.1"`` gives 100.

    Raises:
        ValueError: The text is no quantity, or is negative.
    """
    return _ceiling(exact(quantity) * 1000)


def memory_bytes(quantity: str) -> int:
    """A memory quantity in bytes, rounded up as Go's ``Value`` does: ``"150M"`` gives 150000000.

    Raises:
        ValueError: The text is no quantity, or is negative.
    """
    return _ceiling(exact(quantity))


def format_cpu(milli: int) -> str:
    """The canonical text for so many thousandths of a CPU: 300 gives ``"300m"``, 2000 gives ``"2"``.

    Raises:
        ValueError: The number is negative.
    """
    _require_natural(milli, "milli-CPU")
    if milli % 1000:
        return f"{milli}m"
    return _decimal_text(milli // 1000)


def format_memory(number_of_bytes: int) -> str:
    """The shortest exact text for so many bytes, a power of ten where both are equally short.

    250000000 gives ``"250M"``, 134217728 gives ``"128Mi"``, and 249999360 gives ``"244140Ki"``. The API server keeps
    the family of suffixes that the writer used, so compare with :func:`same_quantity` rather than by text.

    Raises:
        ValueError: The number is negative.
    """
    _require_natural(number_of_bytes, "bytes")
    decimal = _decimal_text(number_of_bytes)
    for suffix, factor in _BINARY_SUFFIXES:
        if number_of_bytes and number_of_bytes % factor == 0:
            binary = _with_suffix(number_of_bytes, suffix)
            return binary if len(binary) < len(decimal) else decimal
    return decimal


def same_quantity(left: str | None, right: str | None) -> bool:
    """Whether two quantities mean the same, whatever their text: ``"0.1"`` and ``"100m"`` do.

    None stands for a field that is missing. It equals only another missing field, not zero.

    Raises:
        ValueError: One of the texts is no quantity.
    """
    if left is None or right is None:
        return left is right
    return exact(left) == exact(right)


def _ceiling(value: Decimal) -> int:
    """The next whole number that is not smaller."""
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def _decimal_text(number: int) -> str:
    """A whole number with the largest power-of-ten suffix that leaves no fraction."""
    for suffix, factor in _DECIMAL_SUFFIXES:
        if number and number % factor == 0:
            return _with_suffix(number, suffix)
    return str(number)


def _with_suffix(number: int, suffix: str) -> str:
    """A number written with a suffix that divides it without a rest."""
    return str(format_quantity(Decimal(number), suffix, quantize=Decimal(1)))


def _require_natural(number: int, unit: str) -> None:
    if number < 0:
        raise ValueError(f"{number} {unit} is negative; requests and limits are zero or more")
