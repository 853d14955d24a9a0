"""How each array of a sensor's frame is stored in an episode file, and how it is read back.

Images, depth, masks, intrinsics and points become Foxglove messages; an image of several numbers a pixel that is no
picture (normals, flow) becomes one image for each number, which every viewer shows and which keeps every bit; short
arrays are numbers in the frame's own JSON message, where viewers can plot them; anything else is a NumPy file. The
frame's JSON message tells for every channel which it is, so sensors of other packages are recorded without a word
about them here.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.scenario.spec import RecorderSpec
from simengine.sensors.base.sensor import Frame
from simengine.simulation.files import array_encoding as encoding
from simengine.simulation.files.digest import canonical
from simengine.simulation.mcap import messages

_OWN_TOPICS = ("frame", "labels", "boxes", "calibration", "points")
_PLANES = {"normal": ("forward", "left", "up"), "flow": ("right", "down")}  # other planes are numbered
_MOST_PLANES = 16
# What a camera and a LiDAR measure: the kind of numbers, and what follows on the image's shape or the number of points.
_CAMERA_ARRAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "rgb": ("u1", (3,)), "depth": ("f", ()), "semantic": ("u1", ()), "instance": ("iu", ()),
    "normal": ("f", (3,)), "flow": ("f", (2,)),
}  # fmt: skip
_POINT_ARRAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "points": ("f", (3,)), "time_ns": ("i", ()), "range": ("f", ()), "intensity": ("f", ()), "ring": ("iu", ()),
    "instance": ("iu", ()), "semantic": ("u1", ()),
}  # fmt: skip
_TIME = "time_ns"
_TIME_FIELD = "time_offset_ns"  # per point, from the frame's time: 64-bit times do not fit a point cloud's fields


class Payload(NamedTuple):
    """One message to write."""

    topic: str
    kind: str  # of `messages.schema`, or "npy"
    content: messages.Parts
    compress: bool


def _points(frame: Frame, topic: str) -> tuple[dict[str, dict[str, Any]], list[Payload]]:
    """Store `points` and every per-point value as one point cloud."""
    points = frame.channels["points"]
    columns: dict[str, NDArray[Any]] = {axis: points[:, i] for i, axis in enumerate("xyz")}
    stored: dict[str, dict[str, Any]] = {"points": {"form": "points", "topic": topic}}
    for name, array in frame.channels.items():
        if name == "points" or array.shape != (len(points),) or name in columns or name == _TIME_FIELD:
            continue
        if name == _TIME and array.dtype == np.int64:
            offset = array - frame.time_ns
            if len(offset) == 0 or max(-int(offset.min()), int(offset.max())) < 2**31:
                columns[_TIME_FIELD] = offset.astype(np.int32)
                stored[name] = {"form": "time", "topic": topic}
        elif messages.point_field_fits(array):
            columns[name] = array
            stored[name] = {"form": "field", "topic": topic, "name": name}
    columns = {name: canonical(column) for name, column in columns.items()}
    return stored, [Payload(topic, "point_cloud", messages.point_cloud(frame.time_ns, frame.sensor, columns), True)]


def _image(frame: Frame, name: str, topic: str, settings: RecorderSpec) -> tuple[dict[str, Any], Payload] | None:
    """Store a channel as an image message, or return None if it is not one."""
    image = frame.channels[name]
    optical = f"{frame.sensor}_optical"
    encoded = messages.array_encoding(image) if image.ndim in (2, 3) and image.size else None
    if encoded is None:
        return None
    if encoded == "rgb8" and settings.image == "jpeg":
        jpeg = encoding.encode_jpeg(image, settings.jpeg_quality)
        content = messages.compressed_image(frame.time_ns, optical, jpeg, "jpeg")
        return {"form": "jpeg", "topic": topic}, Payload(topic, "compressed_image", (content,), False)
    form = "raw"
    if name == "depth" and encoded == "32FC1" and settings.depth == "uint16":
        form, image = "depth16", encoding.encode_depth(image)
    pixels = messages.raw_image(frame.time_ns, optical, canonical(image))
    return {"form": form, "topic": topic}, Payload(topic, "raw_image", pixels, True)


def _planes(frame: Frame, name: str) -> tuple[dict[str, Any], list[Payload]] | None:
    """Store a channel as one image for each number of a pixel, or return None if it is no such image."""
    image = frame.channels[name]
    if image.ndim != 3 or not image.size or not 2 <= image.shape[2] <= _MOST_PLANES:
        return None
    planes = [canonical(image[..., k]) for k in range(image.shape[2])]
    if messages.array_encoding(planes[0]) is None:
        return None
    names = _PLANES.get(name, ())
    names = names if len(names) == len(planes) else tuple(str(k) for k in range(len(planes)))
    topics = [f"/{frame.sensor}/{name}/{plane}" for plane in names]
    payloads = [
        Payload(topic, "raw_image", messages.raw_image(frame.time_ns, f"{frame.sensor}_optical", plane), True)
        for topic, plane in zip(topics, planes, strict=True)
    ]
    return {"form": "planes", "topics": topics}, payloads


def _calibration(frame: Frame) -> Payload | None:
    """Tell viewers how a camera projects; the exact numbers are in the frame's message."""
    intrinsics, rgb = frame.channels.get("intrinsics"), frame.channels.get("rgb")
    if intrinsics is None or rgb is None or intrinsics.shape != (3, 3):
        return None
    content = messages.camera_calibration(
        frame.time_ns, f"{frame.sensor}_optical", rgb.shape[1], rgb.shape[0], intrinsics
    )
    return Payload(f"/{frame.sensor}/calibration", "camera_calibration", (content,), True)


def store_channels(
    frame: Frame, settings: RecorderSpec, whole: Frame | None = None
) -> tuple[dict[str, dict[str, Any]], list[Payload]]:
    """Encode every channel of a frame.

    Args:
        frame: What a sensor measured.
        settings: How images and depth are stored.
        whole: The frame with what is not stored, which the camera's calibration is of; `frame` by default.

    Returns:
        Where each channel is to be found, for the frame's message, and the messages that hold them.

    Raises:
        ConfigError: A channel holds objects.
    """
    stored: dict[str, dict[str, Any]] = {}
    payloads: list[Payload] = []
    points = frame.channels.get("points")
    if points is not None and points.ndim == 2 and points.shape[1] == 3 and points.dtype == np.float32:
        stored, payloads = _points(frame, f"/{frame.sensor}/points")
    for name, array in frame.channels.items():
        if name in stored:
            continue
        topic = f"/{frame.sensor}/{name}"
        image = _image(frame, name, topic, settings) if name not in _OWN_TOPICS else None
        if image is not None:
            stored[name] = image[0]
            payloads.append(image[1])
            continue
        array = canonical(array)
        small = encoding.small_array(array)
        planes = _planes(frame, name) if small is None and name not in _OWN_TOPICS else None
        if planes is not None:
            stored[name] = planes[0]
            payloads += planes[1]
            continue
        if small is not None:
            stored[name] = {"form": "values", **small}
        else:
            topic = f"{topic}/array" if name in _OWN_TOPICS else topic
            stored[name] = {"form": "npy", "topic": topic}
            payloads.append(Payload(topic, "npy", (encoding.encode_npy(array),), True))
    calibration = _calibration(whole or frame)
    if calibration is not None:
        payloads.append(calibration)
    # in the order in which the sensor gave them, so that a frame read back equals the one in memory
    return {name: stored[name] for name in frame.channels if name in stored}, payloads


class Limits(NamedTuple):
    """What the channels of one sensor can be."""

    most_bytes: int  # of an array
    size: tuple[int, int] | None = None  # height and width of a camera's images [px]; None of other sensors
    points: bool = False  # whether it is a LiDAR


def read_channel(
    name: str, stored: dict[str, Any], time_ns: int, fetch: Callable[[str], messages.Payload], limits: Limits
) -> NDArray[Any]:
    """Decode one channel.

    Args:
        name: Of the channel.
        stored: What `store_channels` noted about it.
        time_ns: The frame's time [ns].
        fetch: Returns the message of a topic at that time.
        limits: What it can be.

    Raises:
        ValueError: It is something else.
    """
    array = _decode(stored, time_ns, fetch, limits.most_bytes)
    if limits.size is not None and name in _CAMERA_ARRAYS:
        kinds, trailing = _CAMERA_ARRAYS[name]
        _require(name, array, kinds, (*limits.size, *trailing))
    elif limits.size is not None and name == "intrinsics":
        _require(name, array, "f", (3, 3))
    elif limits.points and name in _POINT_ARRAYS:
        kinds, trailing = _POINT_ARRAYS[name]
        _require(name, array, kinds, (len(array) if array.ndim else 0, *trailing))
    return array


def _require(name: str, array: NDArray[Any], kinds: str, shape: tuple[int, ...]) -> None:
    known = array.dtype == np.uint8 if kinds == "u1" else array.dtype.kind in kinds
    if not known or array.shape != shape:
        raise ValueError(f"{name}: is {array.dtype} of the shape {array.shape}, which it cannot be; expected {shape}")


def _decode(
    stored: dict[str, Any], time_ns: int, fetch: Callable[[str], messages.Payload], most_bytes: int
) -> NDArray[Any]:
    form = stored["form"]
    if form == "values":
        return encoding.read_small_array(stored)
    if form == "planes":
        topics = stored["topics"]
        if not 1 <= len(topics) <= _MOST_PLANES:
            raise ValueError(f"a channel is stored in {len(topics)} planes; allowed are up to {_MOST_PLANES}")
        return np.stack([messages.read_raw_image(fetch(topic)) for topic in topics], axis=2)
    content = fetch(stored["topic"])
    if form == "jpeg":
        return encoding.decode_jpeg(messages.read_compressed_image(content), most_bytes)
    if form == "raw":
        return messages.read_raw_image(content)
    if form == "depth16":
        return encoding.decode_depth(messages.read_raw_image(content))
    if form == "npy":
        return encoding.decode_npy(content)
    columns = messages.read_point_cloud(content)
    if form == "points":
        return np.stack([columns[axis] for axis in "xyz"], axis=1)
    if form == "time":
        if columns[_TIME_FIELD].dtype != np.int32:
            raise ValueError(f"{_TIME_FIELD}: is {columns[_TIME_FIELD].dtype}, not int32")
        return columns[_TIME_FIELD].astype(np.int64) + time_ns
    if form == "field":
        return columns[stored["name"]]
    raise ValueError(f"a channel is stored in an unknown form: {ascii(form)[:40]}")
