"""Messages that are put together from parts are those that protobuf itself would write."""

import numpy as np
import pytest
from foxglove_schemas_protobuf.PackedElementField_pb2 import PackedElementField
from foxglove_schemas_protobuf.PointCloud_pb2 import PointCloud
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage

from simengine.simulation.mcap import messages

TIME_NS = 1_250_000_000


@pytest.mark.parametrize(
    ("dtype", "shape", "encoding"),
    [(np.uint8, (2, 3), "8UC1"), (np.uint8, (10, 20), "8UC1"), (np.uint16, (40, 50), "16UC1"),
     (np.float32, (90, 130), "32FC1"), (np.uint8, (150, 200, 3), "rgb8")],
)  # fmt: skip
def test_a_raw_image_is_byte_for_byte_what_protobuf_writes(dtype, shape, encoding):
    image = np.random.default_rng(1).integers(0, 200, shape).astype(dtype)
    message = RawImage(
        frame_id="camera",
        width=shape[1],
        height=shape[0],
        encoding=encoding,
        step=image.nbytes // shape[0],
        data=image.tobytes(),
    )
    message.timestamp.seconds, message.timestamp.nanos = 1, 250_000_000
    written = b"".join(messages.raw_image(TIME_NS, "camera", image))
    assert written == message.SerializeToString(deterministic=True)
    assert np.array_equal(messages.read_raw_image(written), image)


@pytest.mark.parametrize("count", [0, 1, 10, 5000])
def test_a_point_cloud_is_byte_for_byte_what_protobuf_writes(count):
    random = np.random.default_rng(2)
    columns = {axis: random.random(count).astype(np.float32) for axis in "xyz"}
    columns["ring"] = random.integers(0, 32, count).astype(np.uint16)
    message = PointCloud(frame_id="lidar", point_stride=14)
    message.timestamp.seconds, message.timestamp.nanos = 1, 250_000_000
    message.pose.orientation.w = 1.0
    for name, offset in (("x", 0), ("y", 4), ("z", 8), ("ring", 12)):
        kind = PackedElementField.UINT16 if name == "ring" else PackedElementField.FLOAT32
        message.fields.add(name=name, offset=offset, type=kind)
    message.data = b"".join(b"".join(columns[name][i].tobytes() for name in columns) for i in range(count))
    written = b"".join(messages.point_cloud(TIME_NS, "lidar", columns))
    assert written == message.SerializeToString(deterministic=True)
    read = messages.read_point_cloud(written)
    assert all(np.array_equal(read[name], columns[name]) for name in columns)
