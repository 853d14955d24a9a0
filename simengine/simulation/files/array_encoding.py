"""Arrays and records as bytes and JSON: images, depth, boxes, whatever a sensor measures.

JSON numbers carry float32 and float64 exactly (the shortest text that reads back to the same value is written).
"""

import base64
import io
import json
import math
import re
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import pydantic_core
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.simulation.files.digest import canonical

DEPTH_STEPS_PER_METER = 256  # of 16-bit depth, as KITTI's depth maps
_SMALL = 1024  # elements up to which an array is written as JSON numbers
# Of a .npy file of numbers or text: its type, its order and a shape of up to 32 axes.
_NPY_HEAD = re.compile(
    rb"\{'descr': '(?P<kind>[<|][biufcU]\d{1,4})', 'fortran_order': (?P<order>True|False), "
    rb"'shape': \((?P<shape>(?:\d{1,18}, ?){0,31}(?:\d{1,18})?)\), \} *\n"
)
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # of a JPEG's frame header
# Trailing axes of the fields of labels that are vectors; needed to shape an empty table.
VECTORS = {"position": 3, "orientation": 4, "velocity": 3, "size": 3, "visible": 4, "amodal": 4, "unclipped": 4}


def encode_jpeg(rgb: NDArray[np.uint8], quality: int) -> bytes:
    """Compress an RGB image. Shape (height, width, 3)."""
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ConfigError(f"an image of shape {rgb.shape} cannot be stored as JPEG")
    return encoded.tobytes()


def jpeg_size(content: bytes) -> tuple[int, int]:
    """Return height and width [px] that a JPEG states, without decoding it.

    Raises:
        ValueError: It is no JPEG, or ends before it states them.
    """
    place = 2
    if content[:2] == b"\xff\xd8":
        while place + 9 <= len(content) and content[place] == 0xFF:
            marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
            if marker in _FRAME_MARKERS:
                return (
                    int.from_bytes(content[place + 5 : place + 7], "big"),
                    int.from_bytes(content[place + 7 : place + 9], "big"),
                )
            place += 2 + length
    raise ValueError("a JPEG image in it is corrupt")


def decode_jpeg(content: bytes, most_bytes: int) -> NDArray[np.uint8]:
    """Return the RGB image of a JPEG. Shape (height, width, 3).

    Args:
        content: The JPEG.
        most_bytes: That the image may take; refused by its header, before anything is decoded.
    """
    height, width = jpeg_size(content)
    if content[-2:] != b"\xff\xd9":
        raise ValueError("a JPEG image in it ends too early")
    if 3 * height * width > most_bytes:
        raise ValueError(f"a JPEG image of {width} x {height} px needs more than {most_bytes} bytes")
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None or image.shape[:2] != (height, width):
        raise ValueError("a JPEG image in it is corrupt")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def encode_png(image: NDArray[Any]) -> bytes:
    """Compress an RGB or gray image without loss."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    done, encoded = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ConfigError(f"an image of shape {image.shape} and type {image.dtype} cannot be stored as PNG")
    return encoded.tobytes()


def encode_depth(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Quantize depth [m] to 1/256 m; 0 stays 0 (nothing), what lies beyond 255.99 m is clipped to it."""
    steps = cv2.multiply(depth, DEPTH_STEPS_PER_METER, dtype=cv2.CV_16U)  # one pass, rounds and saturates
    if cv2.countNonZero(steps) != cv2.countNonZero(depth):
        steps[(steps == 0) & (depth > 0)] = 1
    return steps


def decode_depth(steps: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return depth [m] from 1/256 m."""
    return steps.astype(np.float32) / np.float32(DEPTH_STEPS_PER_METER)


def small_array(array: NDArray[Any]) -> dict[str, Any] | None:
    """Return an array as JSON numbers with its type and shape, or None if it is long or does not hold numbers."""
    if array.size > _SMALL or array.dtype.kind not in "biuf":
        return None
    stored = {"type": array.dtype.str, "shape": list(array.shape)}
    if array.dtype.kind == "f" and not np.isfinite(array).all():  # JSON has no infinity and no NaN
        return {**stored, "base64": base64.b64encode(array.tobytes()).decode()}
    return {**stored, "values": array.reshape(-1).tolist()}


def read_small_array(stored: dict[str, Any]) -> NDArray[Any]:
    """Return the array that `small_array` wrote.

    Raises:
        ValueError: It is none: a type of no numbers, a shape or values that do not fit.
    """
    named, shape = stored["type"], stored["shape"]
    if not isinstance(named, str) or not re.fullmatch(r"[<|>][biuf][1248]", named):
        raise ValueError(f"type = {ascii(named)[:40]}: must be a type of numbers")
    kind = np.dtype(named)
    if not isinstance(shape, list) or not all(type(side) is int and 0 <= side <= _SMALL for side in shape):
        raise ValueError(f"shape = {ascii(shape)[:40]}: must be sides of up to {_SMALL}")
    if "base64" in stored:
        return np.frombuffer(base64.b64decode(stored["base64"], validate=True), kind).reshape(shape).copy()
    values = stored["values"]
    if not isinstance(values, list) or not all(isinstance(value, int | float) for value in values):
        raise ValueError("values: must be numbers")
    if kind.kind in "iu" and any(type(value) is not int for value in values):
        raise ValueError("values: must be whole numbers")
    return np.array(values, kind).reshape(shape)


def encode_npy(array: NDArray[Any]) -> bytes:
    """Return any array of numbers or text in NumPy's own file format."""
    buffer = io.BytesIO()
    np.save(buffer, canonical(array), allow_pickle=False)
    return buffer.getvalue()


def decode_npy(content: bytes | memoryview) -> NDArray[Any]:
    """Return the array of a .npy file of version 1, as `encode_npy` writes it; one that holds objects is refused.

    Raises:
        ValueError: It is none, or states more than it holds.
    """
    content = memoryview(content)
    length = int.from_bytes(content[8:10], "little")
    if bytes(content[:8]) != b"\x93NUMPY\x01\x00" or 10 + length > len(content):
        raise ValueError("a NumPy array in it is corrupt")
    head = _NPY_HEAD.fullmatch(bytes(content[10 : 10 + length]))
    if head is None:
        raise ValueError("a NumPy array in it has a header of another kind")
    shape = tuple(int(side) for side in head["shape"].split(b",") if side.strip())
    kind = np.dtype(head["kind"].decode())
    body = content[10 + length :]
    if kind.itemsize * math.prod(shape) != len(body):
        raise ValueError(f"a NumPy array in it states {shape} and holds {len(body)} bytes")
    order: Literal["F", "C"] = "F" if head["order"] == b"True" else "C"
    if kind.itemsize == 0:
        return np.zeros(shape, kind)
    return np.frombuffer(body, kind).reshape(shape, order=order).copy(order)


def encode_json(value: Any, what: str) -> bytes:
    """Write plain values as compact JSON.

    Args:
        value: Numbers, text, lists and mappings of them.
        what: It is, for the error.

    Raises:
        ConfigError: A number is not finite.
    """
    content = pydantic_core.to_json(value, fallback=np.generic.item)  # nine times as fast as the json module
    if b"NaN" in content or b"Infinity" in content:
        _refuse_infinite(content, what)
    return content


def _refuse_infinite(content: bytes, what: str) -> None:
    """Raise if a number in JSON is not finite; text may hold those words."""

    def refuse(_: str) -> None:
        raise ConfigError(f"{what}: a number that is not finite cannot be recorded")

    json.loads(content, parse_constant=refuse)


def finite_or_none(value: float | None) -> float | None:
    """Return a number that JSON can carry: infinity and NaN become null."""
    return value if value is None or math.isfinite(value) else None


def rows(table: NamedTuple) -> list[dict[str, Any]]:
    """Return a record of columns, such as `Boxes3d`, as a list of rows."""
    names = table._fields
    columns = [np.asarray(column).tolist() for column in table]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
