"""Arrays and records as bytes and JSON: images, depth, boxes, whatever a sensor measures.

JSON numbers carry float32 and float64 exactly (the shortest text that reads back to the same value is written).
"""

import base64
import io
import json
import math
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

import cv2
import numpy as np
import pydantic_core
from numpy.typing import NDArray

from simengine.core.errors import ConfigError
from simengine.simulation.digest import canonical

DEPTH_STEPS_PER_METRE = 256  # of 16-bit depth, as KITTI's depth maps
_SMALL = 1024  # elements up to which an array is written as JSON numbers
# Trailing axes of the fields of labels that are vectors; needed to shape an empty table.
_VECTORS = {"position": 3, "orientation": 4, "velocity": 3, "size": 3, "visible": 4, "amodal": 4, "unclipped": 4}

Record = TypeVar("Record", bound=NamedTuple)


def encode_jpeg(rgb: NDArray[np.uint8], quality: int) -> bytes:
    """Compress an RGB image. Shape (height, width, 3)."""
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ConfigError(f"an image of shape {rgb.shape} cannot be stored as JPEG")
    return encoded.tobytes()


def decode_jpeg(content: bytes) -> NDArray[np.uint8]:
    """Return the RGB image of a JPEG. Shape (height, width, 3)."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("a JPEG image in it is corrupt")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def encode_png(image: NDArray[Any]) -> bytes:
    """Compress an RGB or grey image without loss."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    done, encoded = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ConfigError(f"an image of shape {image.shape} and type {image.dtype} cannot be stored as PNG")
    return encoded.tobytes()


def encode_depth(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Quantise depth [m] to 1/256 m; 0 stays 0 (nothing), what lies beyond 255.99 m is clipped to it."""
    steps = cv2.multiply(depth, DEPTH_STEPS_PER_METRE, dtype=cv2.CV_16U)  # one pass, rounds and saturates
    if cv2.countNonZero(steps) != cv2.countNonZero(depth):
        steps[(steps == 0) & (depth > 0)] = 1
    return steps


def decode_depth(steps: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return depth [m] from 1/256 m."""
    return steps.astype(np.float32) / np.float32(DEPTH_STEPS_PER_METRE)


def small_array(array: NDArray[Any]) -> dict[str, Any] | None:
    """Return an array as JSON numbers with its type and shape, or None if it is long or does not hold numbers."""
    if array.size > _SMALL or array.dtype.kind not in "biuf":
        return None
    stored = {"type": array.dtype.str, "shape": list(array.shape)}
    if array.dtype.kind == "f" and not np.isfinite(array).all():  # JSON has no infinity and no NaN
        return {**stored, "base64": base64.b64encode(array.tobytes()).decode()}
    return {**stored, "values": array.reshape(-1).tolist()}


def read_small_array(stored: dict[str, Any]) -> NDArray[Any]:
    """Return the array that `small_array` wrote."""
    kind = np.dtype(stored["type"])
    if "base64" in stored:
        return np.frombuffer(base64.b64decode(stored["base64"]), kind).reshape(stored["shape"]).copy()
    return np.array(stored["values"], kind).reshape(stored["shape"])


def encode_npy(array: NDArray[Any]) -> bytes:
    """Return any array of numbers or text in NumPy's own file format."""
    buffer = io.BytesIO()
    np.save(buffer, canonical(array), allow_pickle=False)
    return buffer.getvalue()


def decode_npy(content: bytes) -> NDArray[Any]:
    """Return the array of a .npy file; one that holds objects is refused."""
    return np.load(io.BytesIO(content), allow_pickle=False)


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


def decode_json(content: bytes) -> Any:
    """Read JSON."""
    return json.loads(content)


def finite_or_none(value: float | None) -> float | None:
    """Return a number that JSON can carry: infinity and NaN become null."""
    return value if value is None or math.isfinite(value) else None


def rows(table: NamedTuple) -> list[dict[str, Any]]:
    """Return a record of columns, such as `Boxes3d`, as a list of rows."""
    names = table._fields
    columns = [np.asarray(column).tolist() for column in table]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def columns(kind: type[Record], stored: list[dict[str, Any]]) -> Record:
    """Return the record of columns that `rows` took apart; types follow from the record's annotations."""
    arrays = {}
    for name, hint in get_type_hints(kind).items():
        dtype = get_args(get_args(hint)[1])[0]
        shape = (len(stored), _VECTORS[name]) if name in _VECTORS else (len(stored),)
        arrays[name] = np.array([row[name] for row in stored], dtype).reshape(shape)
    return kind(**arrays)
