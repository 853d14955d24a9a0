"""Foxglove's protobuf messages, so that episodes open in viewers: the one home of their schemas and of protobuf.

Reference: https://docs.foxglove.dev/docs/visualization/message-schemas/introduction. Times are the episode's, from 0.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransforms_pb2 import FrameTransforms
from foxglove_schemas_protobuf.ImageAnnotations_pb2 import ImageAnnotations
from foxglove_schemas_protobuf.LinePrimitive_pb2 import LinePrimitive
from foxglove_schemas_protobuf.PackedElementField_pb2 import PackedElementField
from foxglove_schemas_protobuf.PointCloud_pb2 import PointCloud
from foxglove_schemas_protobuf.PointsAnnotation_pb2 import PointsAnnotation
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from foxglove_schemas_protobuf.SceneEntityDeletion_pb2 import SceneEntityDeletion
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp
from numpy.typing import NDArray

from simengine.core.space.transforms import SENSOR_FROM_OPTICAL_QUATERNION

MessageError = DecodeError

_TYPES = {
    "compressed_image": CompressedImage,
    "raw_image": RawImage,
    "camera_calibration": CameraCalibration,
    "point_cloud": PointCloud,
    "frame_transforms": FrameTransforms,
    "scene_update": SceneUpdate,
    "image_annotations": ImageAnnotations,
}
_ENCODINGS = {"8UC1": (np.uint8, 1), "16UC1": (np.uint16, 1), "32FC1": (np.float32, 1), "rgb8": (np.uint8, 3)}
_POINT_TYPES = {
    "u1": PackedElementField.UINT8,
    "i1": PackedElementField.INT8,
    "u2": PackedElementField.UINT16,
    "i2": PackedElementField.INT16,
    "u4": PackedElementField.UINT32,
    "i4": PackedElementField.INT32,
    "f4": PackedElementField.FLOAT32,
    "f8": PackedElementField.FLOAT64,
}
_MOST_FIELDS = 256  # of a point
_SECOND = 1_000_000_000
_LENGTH_DELIMITED = 2  # wire type of bytes in protobuf's encoding
Payload = bytes | memoryview
Parts = tuple[Payload, ...]  # one after the other they are a message


def schema(kind: str) -> tuple[str, bytes]:
    """Return name and serialized descriptors of a kind of message."""
    message = _TYPES[kind]
    files: dict[str, FileDescriptor] = {}

    def collect(file: FileDescriptor) -> None:
        for needed in file.dependencies:
            collect(needed)
        files.setdefault(file.name, file)  # after what it imports, as readers expect

    collect(message.DESCRIPTOR.file)
    descriptors = FileDescriptorSet()
    for file in files.values():
        file.CopyToProto(descriptors.file.add())
    return message.DESCRIPTOR.full_name, _bytes(descriptors)


def _stamp(time_ns: int) -> Timestamp:
    return Timestamp(seconds=time_ns // _SECOND, nanos=time_ns % _SECOND)


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _field(message: type[Message], name: str, content: memoryview) -> Parts:
    """Return a field of bytes as it stands in a serialized message, its content not copied."""
    number = message.DESCRIPTOR.fields_by_name[name].number
    head = bytearray([number << 3 | _LENGTH_DELIMITED])
    length = len(content)
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head), content


def compressed_image(time_ns: int, frame_id: str, content: bytes, encoding: str) -> bytes:
    """Wrap a compressed image ("jpeg" or "png")."""
    return _bytes(CompressedImage(timestamp=_stamp(time_ns), frame_id=frame_id, data=content, format=encoding))


def read_compressed_image(payload: Payload) -> bytes:
    """Return the JPEG itself.

    Raises:
        ValueError: It is stored in another format.
    """
    message = CompressedImage.FromString(payload)
    if message.format != "jpeg":
        raise ValueError(f"an image in it has the format {ascii(message.format)[:20]}, not jpeg")
    return message.data


def array_encoding(image: NDArray[Any]) -> str | None:
    """Return Foxglove's name of a raw image's pixel format, or None if it has none."""
    channels = 1 if image.ndim == 2 else image.shape[2]
    for name, known in _ENCODINGS.items():
        if (image.dtype, channels) == known:
            return name
    return None


def raw_image(time_ns: int, frame_id: str, image: NDArray[Any]) -> Parts:
    """Wrap an uncompressed image, contiguous and of one of the formats of `array_encoding`, without copying it."""
    height, width = image.shape[:2]
    head = RawImage(
        timestamp=_stamp(time_ns),
        width=width,
        height=height,
        encoding=array_encoding(image),
        step=image.itemsize * (image.size // height),
    )
    # In the order of the fields' numbers, as protobuf itself writes them.
    pixels = _field(RawImage, "data", image.reshape(-1).view(np.uint8).data)
    return _bytes(head), *pixels, _bytes(RawImage(frame_id=frame_id))


def read_raw_image(payload: Payload) -> NDArray[Any]:
    """Return the pixels. Shape (height, width) or (height, width, 3).

    Raises:
        ValueError: Its format is unknown, or it holds other than the pixels that it states.
    """
    message = RawImage.FromString(payload)
    if message.encoding not in _ENCODINGS:
        raise ValueError(f"an image in it has the format {ascii(message.encoding)[:20]}")
    dtype, channels = _ENCODINGS[message.encoding]
    shape = (message.height, message.width) if channels == 1 else (message.height, message.width, channels)
    content = message.data
    if len(content) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError(f"an image of {message.width} x {message.height} px in it holds {len(content)} bytes")
    return np.frombuffer(content, np.dtype(dtype).newbyteorder("<")).reshape(shape).astype(dtype)


def camera_calibration(time_ns: int, frame_id: str, width: int, height: int, intrinsics: NDArray[np.float64]) -> bytes:
    """Wrap the intrinsics of an undistorted pinhole camera. Shape (3, 3)."""
    k = [float(x) for x in intrinsics.reshape(-1)]
    return _bytes(
        CameraCalibration(
            timestamp=_stamp(time_ns),
            frame_id=frame_id,
            width=width,
            height=height,
            K=k,
            R=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            P=[k[0], k[1], k[2], 0.0, k[3], k[4], k[5], 0.0, k[6], k[7], k[8], 0.0],
        )
    )


def point_field_fits(column: NDArray[Any]) -> bool:
    """Whether a column of per-point values can be a field of a point cloud."""
    return column.dtype.str[1:] in _POINT_TYPES


def point_cloud(time_ns: int, frame_id: str, columns: dict[str, NDArray[Any]]) -> Parts:
    """Wrap points; x, y and z are among the columns. Shapes (num_points,)."""
    names = list(columns)
    packed = np.empty(len(columns["x"]), np.dtype([(name, columns[name].dtype.str) for name in names]))
    for name in names:
        packed[name] = columns[name]
    message = PointCloud(timestamp=_stamp(time_ns), frame_id=frame_id, point_stride=packed.dtype.itemsize)
    message.pose.orientation.w = 1.0
    for name in names:
        dtype, offset = packed.dtype.fields[name][:2]
        message.fields.add(name=name, offset=offset, type=_POINT_TYPES[dtype.str[1:]])
    if len(packed) == 0:
        return (_bytes(message),)
    return _bytes(message), *_field(PointCloud, "data", packed.view(np.uint8).data)


def read_point_cloud(payload: Payload) -> dict[str, NDArray[Any]]:
    """Return the columns of a point cloud by name. Shapes (num_points,).

    Raises:
        ValueError: A field's type is unknown, or fields and points do not fit each other.
    """
    message = PointCloud.FromString(payload)
    codes = {number: code for code, number in _POINT_TYPES.items()}
    if len(message.fields) > _MOST_FIELDS or any(field.type not in codes for field in message.fields):
        raise ValueError(f"points in it have more than {_MOST_FIELDS} fields, or one of an unknown type")
    packed = np.frombuffer(
        message.data,
        np.dtype(
            {
                "names": [field.name for field in message.fields],
                "formats": [np.dtype(codes[field.type]).newbyteorder("<") for field in message.fields],
                "offsets": [field.offset for field in message.fields],
                "itemsize": message.point_stride,
            }
        ),
    )
    return {field.name: np.ascontiguousarray(packed[field.name]) for field in message.fields}


def frame_transforms(
    time_ns: int,
    transforms: Sequence[tuple[str, str, Sequence[float], Sequence[float]]],
    optical: str = "",
) -> bytes:
    """Wrap poses: (parent, child, position [m], orientation w x y z); `optical` adds that camera's optical frame."""
    message = FrameTransforms()
    chain = list(transforms)
    if optical:
        chain.append((optical, f"{optical}_optical", (0.0, 0.0, 0.0), SENSOR_FROM_OPTICAL_QUATERNION))
    for parent, child, position, orientation in chain:
        transform = message.transforms.add(timestamp=_stamp(time_ns), parent_frame_id=parent, child_frame_id=child)
        t, r = transform.translation, transform.rotation
        t.x, t.y, t.z = position
        r.w, r.x, r.y, r.z = orientation
    return _bytes(message)


def actor_scene(
    time_ns: int,
    actors: Sequence[tuple[int, Sequence[float], Sequence[float], Sequence[float], Sequence[float]]],
    gone: Sequence[int],
) -> bytes:
    """Draw actors as boxes.

    Args:
        time_ns: Of the poses [ns].
        actors: Id, position [m], orientation w x y z, size [m], color RGB in 0..1.
        gone: Actors that have left since the last message.
    """
    message = SceneUpdate()
    for actor in gone:
        message.deletions.add(timestamp=_stamp(time_ns), type=SceneEntityDeletion.MATCHING_ID, id=f"actor/{actor}")
    for actor, position, orientation, size, color in actors:
        entity = message.entities.add(timestamp=_stamp(time_ns), frame_id="world", id=f"actor/{actor}")
        cube = entity.cubes.add()
        p, q, s, c = cube.pose.position, cube.pose.orientation, cube.size, cube.color
        p.x, p.y, p.z = position
        q.w, q.x, q.y, q.z = orientation
        s.x, s.y, s.z = size
        c.r, c.g, c.b = color
        c.a = 0.6
    return _bytes(message)


def lamp_scene(time_ns: int, lamps: Sequence[tuple[int, Sequence[float], Sequence[float]]]) -> bytes:
    """Draw signal heads as balls: number, position [m], color RGB in 0..1."""
    message = SceneUpdate()
    for number, position, color in lamps:
        entity = message.entities.add(timestamp=_stamp(time_ns), frame_id="world", id=f"signal/{number}")
        ball = entity.spheres.add()
        ball.pose.position.x, ball.pose.position.y, ball.pose.position.z = position
        ball.pose.orientation.w = 1.0
        ball.size.x = ball.size.y = ball.size.z = 0.6
        ball.color.r, ball.color.g, ball.color.b = color
        ball.color.a = 1.0
    return _bytes(message)


def line_scene(
    time_ns: int, origin: Sequence[float], lines: Sequence[tuple[NDArray[np.float64], Sequence[float]]]
) -> bytes:
    """Draw the map's lines: points in the world [m], shape (num_points, 3), and a color RGB in 0..1 each."""
    message = SceneUpdate()
    entity = message.entities.add(timestamp=_stamp(time_ns), frame_id="world", id="map")
    for points, color in lines:
        line = entity.lines.add(type=LinePrimitive.LINE_STRIP, thickness=2.0, scale_invariant=True)
        line.pose.position.x, line.pose.position.y, line.pose.position.z = origin
        line.pose.orientation.w = 1.0
        line.color.r, line.color.g, line.color.b = color
        line.color.a = 1.0
        for x, y, z in (points - np.asarray(origin)).tolist():
            line.points.add(x=x, y=y, z=z)
    return _bytes(message)


def box_annotations(time_ns: int, boxes: Sequence[tuple[Sequence[float], str, Sequence[float]]]) -> bytes:
    """Draw labeled boxes over an image: edges left top right bottom [px], text, color RGB in 0..1."""
    message = ImageAnnotations(timestamp=_stamp(time_ns))
    for (left, top, right, bottom), text, (red, green, blue) in boxes:
        outline = message.points.add(timestamp=_stamp(time_ns), type=PointsAnnotation.LINE_LOOP, thickness=2.0)
        for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)):
            outline.points.add(x=x, y=y)
        caption = message.texts.add(timestamp=_stamp(time_ns), text=text, font_size=14.0)
        caption.position.x, caption.position.y = left, top
        for color in (outline.outline_color, caption.text_color):
            color.r, color.g, color.b, color.a = red, green, blue, 1.0
    return _bytes(message)
