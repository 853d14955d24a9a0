"""Plain values out of a file, taken for nothing but what they have to be: JSON within limits, checked types and shapes.

Every function raises `ValueError` with the place and what was expected there; whoever reads a file adds its name.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_type_hints

import numpy as np
import pydantic_core
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from simengine.simulation.files.array_encoding import VECTORS

# What a value of JSON takes at most once it is read: a number with its place in a list, a list or mapping with its own.
_VALUE, _NEST = 40, 120  # [bytes]
_RECORDED = ConfigDict(strict=True, allow_inf_nan=False)
_INT64 = 2**63
# Types of fields, for `record`.
Scalar = bool | int | float | str | None
Count = Annotated[int, Field(ge=0, lt=_INT64)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

Record = TypeVar("Record", bound=NamedTuple)


def decode_json(content: bytes, most_memory: int, what: str) -> Any:
    """Read JSON; lists and mappings may nest 200 deep, whole numbers have up to 4,300 digits, NaN is none.

    Args:
        content: UTF-8.
        most_memory: What its values may take [bytes].
        what: It is, for the error.
    """
    try:
        _refuse_many_values(content, most_memory)
        return pydantic_core.from_json(content, allow_inf_nan=False)  # three times as fast as the json module
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None


def _refuse_many_values(content: bytes, most_memory: int) -> None:
    nests = content.count(b"[") + content.count(b"{")
    need = len(content) + _VALUE * content.count(b",") + _NEST * nests
    if need > most_memory:
        raise ValueError(f"JSON of {len(content)} bytes would take {need} bytes in memory; allowed are {most_memory}")


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind, config=_RECORDED)


def record(kind: type[Record], content: bytes, most_memory: int) -> Record:
    """Read a record from JSON: its annotations say what every field has to be.

    Args:
        kind: A NamedTuple; others may be its fields.
        content: UTF-8.
        most_memory: What its values may take [bytes].
    """
    _refuse_many_values(content, most_memory)
    try:
        found = _adapter(kind).validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200]) from None
    _refuse_long(found)
    return found


def _refuse_long(value: Any) -> None:
    """Refuse whole numbers of more than 64 bits anywhere in a record."""
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise ValueError("a whole number in it has more than 64 bits")
    if isinstance(value, tuple | list):
        for one in value:
            _refuse_long(one)
    elif isinstance(value, dict):
        for one in value.values():
            _refuse_long(one)


def mapping(value: Any, what: str, *keys: str) -> dict[str, Any]:
    """Return a mapping that has some keys."""
    if not isinstance(value, dict):
        raise ValueError(f"{what}: must be a mapping")
    for key in keys:
        if key not in value:
            raise ValueError(f"{what}: has no {key}")
    return value


def sequence(value: Any, what: str) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list):
        raise ValueError(f"{what}: must be a list")
    return value


def text(value: Any, what: str, allowed: Sequence[str] = ()) -> str:
    """Return a text, one of a few if any are given."""
    if not isinstance(value, str) or (allowed and value not in allowed):
        raise ValueError(f"{what} = {ascii(value)[:60]}: must be {' or '.join(allowed) or 'text'}"[:200])
    return value


def texts(value: Any, what: str, allowed: Sequence[str] = ()) -> list[str]:
    """Return a list of texts."""
    return [text(one, what, allowed) for one in sequence(value, what)]


def number(value: Any, what: str) -> float:
    """Return a finite number."""
    return float(array([value], np.float64, (1,), what)[0])


def whole(value: Any, what: str, low: int = 0, high: int = _INT64 - 1) -> int:
    """Return a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{what} = {ascii(value)[:40]}: must be a whole number from {low} to {high}")
    return value


def array(value: Any, dtype: Any, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    """Return nested lists as an array.

    Args:
        value: Numbers, all finite and within the type's range, or truth values, or texts, as the type says.
        dtype: Of the array.
        shape: Of the array; −1 for any length of the first axis.
        what: It is, for the error.
    """
    dtype = np.dtype(dtype)
    sequence(value, what)
    try:
        found = np.array(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{what}: must be lists of equal lengths") from None
    if found.size == 0 and found.ndim == 1 and shape[0] <= 0:
        return np.zeros((0, *shape[1:]), dtype)
    if found.shape != ((len(found), *shape[1:]) if shape[0] < 0 else shape):
        wanted = " x ".join("n" if side < 0 else str(side) for side in shape)
        raise ValueError(f"{what}: has the shape {' x '.join(map(str, found.shape))}, not {wanted}")
    kinds = {"b": "b", "i": "iu", "u": "iu", "f": "iuf", "U": "U"}[dtype.kind]
    if found.dtype.kind not in kinds or (dtype.kind == "U" and not all(isinstance(one, str) for one in value)):
        wanted = {"b": "truth values", "i": "whole numbers", "u": "whole numbers", "f": "numbers", "U": "texts"}
        raise ValueError(f"{what}: must be {wanted[dtype.kind]}")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if int(found.min()) < limits.min or int(found.max()) > limits.max:
            raise ValueError(f"{what}: must be from {limits.min} to {limits.max}")
    if dtype.kind == "U":
        return found
    with np.errstate(over="ignore"):
        cast = found.astype(dtype)
    if dtype.kind == "f" and not np.isfinite(cast).all():
        raise ValueError(f"{what}: a number is not finite")
    return cast


def columns(kind: type[Record], stored: Any, what: str) -> Record:
    """Return the record of columns that `encoding.rows` took apart; types follow from the record's annotations."""
    rows = [mapping(row, what) for row in sequence(stored, what)]
    arrays = {}
    for name, hint in get_type_hints(kind).items():
        dtype = get_args(get_args(hint)[1])[0]
        shape = (len(rows), VECTORS[name]) if name in VECTORS else (len(rows),)
        missing = next((number for number, row in enumerate(rows) if name not in row), None)
        if missing is not None:
            raise ValueError(f"{what}[{missing}]: has no {name}")
        arrays[name] = array([row[name] for row in rows], dtype, shape, f"{what}.{name}")
    return kind(**arrays)
