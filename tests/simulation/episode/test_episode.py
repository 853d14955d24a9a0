"""An episode reads back from its file as it was in memory; a damaged file is one error that names it."""

import hashlib
import os
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simengine.core.errors import ConfigError
from simengine.physics.vehicle.catalog import all_models
from simengine.sensors.base.sensor import Frame
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.in_memory import MemoryRecorder
from simengine.simulation.files.array_encoding import decode_depth, encode_depth
from simengine.simulation.files.whole_files import begin_unfinished, is_unfinished
from simengine.simulation.mcap.container_reader import ContainerReader
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.mcap.writer import EpisodeWriter
from tests.simulation import episode_fixtures as drawn


def write(path, num_frames=5, inputs=None, **recording) -> str:
    scenario = drawn.concrete(**recording)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in (inputs or {}).items()}
    scenario = scenario.model_copy(update={"inputs": hashes})
    writer = EpisodeWriter(path, path.stem, scenario, drawn.network(), drawn.actors(), scenario.recorder, inputs or {})
    return drawn.record(writer, num_frames)


def remember() -> Episode:
    recorder = MemoryRecorder("000000", drawn.concrete(), drawn.network(), drawn.actors(), {})
    drawn.record(recorder)
    return recorder.episode()


@pytest.fixture(scope="module")
def memory() -> Episode:
    return remember()


@pytest.fixture(scope="module")
def lossless(tmp_path_factory) -> Episode:
    path = tmp_path_factory.mktemp("episodes") / "000000.mcap"
    write(path, image="lossless", depth="float32", inputs={"maps/town.xodr": b"<xml/>"})
    return read_episode(path)


def test_tracks_have_one_row_per_state_and_mask_absent_actors(memory, lossless):
    for episode in (memory, lossless):
        tracks = episode.tracks
        assert tracks.time_ns.tolist() == [k * drawn.PERIOD_NS for k in range(5)]
        assert tracks.position.shape == (5, 5, 3) and tracks.valid.shape == (5, 5)
        assert tracks.valid[:, 4].tolist() == [True, True, True, True, False]
        assert tracks.position[3, 1, 0] == 18.0 + 0.3 * 8.0
        assert (tracks.position[4, 4] == 0.0).all() and tracks.orientation[4, 4].tolist() == [1.0, 0.0, 0.0, 0.0]
    for a, b in zip(memory.tracks, lossless.tracks, strict=True):
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_array_equal(a, b)


def test_a_vehicle_that_comes_in_where_another_left_has_an_id_a_kind_and_a_size_of_its_own(tmp_path):
    table = drawn.actors()
    table.model[0, 4] = list(all_models()).index("bicycle")
    memory = MemoryRecorder("x", drawn.concrete(), drawn.network(), table, {})
    concrete = drawn.concrete()
    writer = EpisodeWriter(tmp_path / "x.mcap", "x", concrete, drawn.network(), table, concrete.recorder, {})
    for recorder in (memory, writer):
        for k in range(7):
            state = drawn.state_at(12 * k, 0.1 * k)
            if k > 4:  # the last one has left after 0.3 s
                state.valid[0, 4], state.identity[0, 4] = True, 5
                state.position[0, 4, 0] = 200.0
            recorder.append_state(k * drawn.PERIOD_NS, state, None)
        recorder.finish(drawn.VERDICT, [], [], {})
    for tracks in (memory.episode().tracks, read_episode(tmp_path / "x.mcap").tracks):
        assert tracks.valid[:, 4].tolist() == [True] * 4 + [False] * 3
        assert tracks.valid[:, 5].tolist() == [False] * 5 + [True] * 2
        assert tracks.kind[5] == tracks.kind[4] and tracks.size[5].tolist() == tracks.size[4].tolist()
        assert tracks.position[5, 5, 0] == 200.0 and tracks.position[5, 4, 0] == 0.0
        assert tracks.model == ("", "", "", "", "bicycle", "bicycle")


def test_lossless_file_gives_every_channel_bit_for_bit_as_in_memory(memory, lossless):
    assert lossless.sensors == memory.sensors == ("camera_front", "lidar_top", "imu")
    for sensor in memory.sensors:
        assert len(lossless.frames(sensor)) == len(memory.frames(sensor)) == 5
        for a, b in zip(memory.frames(sensor), lossless.frames(sensor), strict=True):
            assert (a.sensor, a.index, a.capture_ns) == (b.sensor, b.index, b.capture_ns)
            np.testing.assert_array_equal(a.world_from_sensor, b.world_from_sensor)
            assert list(a.channels) == list(b.channels)
            for name, array in a.channels.items():
                assert array.dtype == b.channels[name].dtype, name
                np.testing.assert_array_equal(array, b.channels[name], err_msg=f"{sensor}.{name}")


def test_labels_read_back_exactly_with_their_types(memory, lossless):
    for a, b in zip(memory.frames("camera_front"), lossless.frames("camera_front"), strict=True):
        for left, right in ((a.boxes_2d, b.boxes_2d), (a.boxes_3d, b.boxes_3d)):
            for name in left._fields:
                x, y = getattr(left, name), getattr(right, name)
                assert x.dtype == y.dtype and x.shape == y.shape, name
                np.testing.assert_array_equal(x, y)


def test_outcome_reads_back(memory, lossless):
    for episode in (memory, lossless):
        assert str(episode.verdict) == "failed: no_collision at 0.32 s with crate (cargo), 812 N s"
        assert episode.verdict.passed is False and len(episode.verdict.results) == 3
        assert episode.collisions == (drawn.COLLISION,)
        assert episode.intervals == (drawn.INTERVAL,)
        assert episode.metrics == {"min_ttc": 0.75, "distance": 4.5, "max_deceleration": None, "lane_changes": 0}
        assert episode.duration == 0.4
        assert episode.scenario.seed == episode.seed == 7
        assert episode.parameters["weather.optical_range"] == 127.0
    assert memory.digest == lossless.digest
    assert memory.records() == lossless.records()
    assert lossless.inputs == {"maps/town.xodr": b"<xml/>"}
    assert lossless.scenario.model_copy(update={"inputs": {}}) == drawn.concrete(image="lossless", depth="float32")


def test_lidar_time_is_per_point_and_camera_time_is_one_number(lossless):
    scan, image = lossless.frames("lidar_top")[2], lossless.frames("camera_front")[2]
    assert scan.time_ns.shape == (len(scan.points),) and scan.time_ns.dtype == np.int64
    assert scan.time_ns.max() == scan.capture_ns == 200_000_000
    assert image.time_ns == 200_000_000


def test_jpeg_and_sixteen_bit_depth_lose_as_little_as_promised(tmp_path, memory):
    path = tmp_path / "000000.mcap"
    assert write(path) == memory.digest  # the digest is of what was computed, not of what was stored
    for a, b in zip(memory.frames("camera_front"), read_episode(path).frames("camera_front"), strict=True):
        assert np.abs(a.rgb.astype(int) - b.rgb.astype(int)).mean() < 2.0
        assert b.rgb.dtype == np.uint8 and b.depth.dtype == np.float32
        assert np.abs(np.minimum(a.depth, 65535 / 256) - b.depth).max() <= 0.5 / 256 + 1e-6
        assert ((a.depth == 0) == (b.depth == 0)).all()
        np.testing.assert_array_equal(a.instance, b.instance)
        np.testing.assert_array_equal(a.semantic, b.semantic)


def test_depth_none_records_no_depth(tmp_path):
    path = tmp_path / "000000.mcap"
    write(path, num_frames=1, depth="none")
    frame = read_episode(path).frames("camera_front")[0]
    assert "depth" not in frame.channels
    with pytest.raises(AttributeError, match="a frame has no depth; recorded are rgb, semantic"):
        _ = frame.depth


def test_frames_are_a_sequence(lossless):
    frames = lossless.frames("camera_front")
    assert frames[-1].index == 4 and [f.index for f in frames[1:3]] == [1, 2]
    assert frames.capture_ns.tolist() == [k * drawn.PERIOD_NS for k in range(5)]
    with pytest.raises(IndexError):
        _ = frames[5]


def test_the_nearest_frame_and_the_sensors_with_a_channel_are_found(memory, lossless):
    for episode in (memory, lossless):
        frames = episode.frames("camera_front")
        assert [frames.nearest(time_ns).index for time_ns in (-5, 149_000_000, 151_000_000, 10**10)] == [0, 1, 2, 4]
        assert episode.sensors_with("rgb", "depth") == ("camera_front",)
        assert episode.sensors_with("points") == ("lidar_top",) and episode.sensors_with("radar") == ()
    with pytest.raises(IndexError, match="no frames"):
        memory.frames("imu")[:0].nearest(0)


def test_unknown_sensor_names_the_nearest(lossless):
    with pytest.raises(ConfigError, match='no sensor camera_fromt \\(did you mean "camera_front"'):
        lossless.frames("camera_fromt")


def test_sensors_without_labels_say_so(lossless):
    with pytest.raises(AttributeError, match="frames of imu have no labels"):
        _ = lossless.frames("imu")[0].boxes_3d
    with pytest.raises(AttributeError, match="frames of lidar_top have no image boxes"):
        _ = lossless.frames("lidar_top")[0].boxes_2d


def test_channels_of_a_sensor_nobody_knows_are_recorded(tmp_path):
    scenario = drawn.concrete(image="lossless", depth="float32")
    path = tmp_path / "x.mcap"
    writer = EpisodeWriter(path, "x", scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
    odd = {
        "spectrum": np.arange(200, dtype=np.complex64).reshape(10, 20) * 1j,
        "words": np.array(["ä", "bc"]),
        "flags": np.array([True, False]),
        "scalar": np.float32(0.1),
        "empty": np.zeros((0, 3), np.float32),
        "frame": np.zeros((4, 5), np.uint8),
        "heat": np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30),
        "big": np.arange(100, dtype=np.int64) * 2**40,
        "nan": np.array([np.nan, 1.0]),
        "swapped": np.arange(70, dtype=">i4"),
    }
    writer.append_state(0, drawn.state_at(0, 0.0), None)
    writer.append_frame(Frame("imu", 0, 0, np.eye(4), odd), None)
    writer.finish(drawn.VERDICT, [], [], {})
    channels = read_episode(path).frames("imu")[0].channels
    assert set(channels) == set(odd)
    for name, array in odd.items():
        np.testing.assert_array_equal(channels[name], array)
        assert channels[name].dtype == np.asarray(array).dtype.newbyteorder("<"), name


def test_objects_are_refused(tmp_path):
    scenario = drawn.concrete()
    writer = EpisodeWriter(tmp_path / "x.mcap", "x", scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
    with pytest.raises(ConfigError, match="type object cannot be recorded"):
        writer.append_frame(Frame("imu", 0, 0, np.eye(4), {"odd": np.array([{}])}), None)
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_equal_episodes_give_equal_bytes(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "a.mcap")
    assert (tmp_path / "one" / "a.mcap").read_bytes() == (tmp_path / "two" / "a.mcap").read_bytes()


def test_the_name_appears_only_when_the_file_is_complete(tmp_path):
    scenario = drawn.concrete()
    path = tmp_path / "x.mcap"
    writer = EpisodeWriter(path, "x", scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
    drawn.record(writer, 2, finish=False)
    (hidden,) = tmp_path.iterdir()
    assert hidden.name.startswith(".") and is_unfinished(hidden, lambda name: name == path.name)
    writer.finish(drawn.VERDICT, [], [], {})
    assert [p.name for p in tmp_path.iterdir()] == ["x.mcap"]
    writer.abort()
    assert path.exists()


def test_abort_leaves_nothing(tmp_path):
    scenario = drawn.concrete()
    writer = EpisodeWriter(tmp_path / "x.mcap", "x", scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
    drawn.record(writer, 1, finish=False)
    writer.abort()
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_error_with_the_file(tmp_path):
    scenario = drawn.concrete()
    with pytest.raises(ConfigError, match="nowhere/x.mcap: cannot be written: no such file or directory"):
        EpisodeWriter(
            tmp_path / "nowhere" / "x.mcap", "x", scenario, drawn.network(), drawn.actors(), scenario.recorder, {}
        )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_error_and_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "x.mcap"

    def begin_on_a_full_disk(path):
        hidden, handle = begin_unfinished(path)
        os.close(handle)
        return hidden, os.open("/dev/full", os.O_RDWR)

    monkeypatch.setattr("simengine.simulation.mcap.container_writer.begin_unfinished", begin_on_a_full_disk)
    scenario = drawn.concrete()
    with pytest.raises(ConfigError, match="x.mcap: cannot be written: no space left on device"):
        write_all = EpisodeWriter(path, "x", scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
        drawn.record(write_all, 2)
    assert list(tmp_path.iterdir()) == []


def everything(episode: Episode) -> list[bytes]:
    found = [repr(episode.summary).encode(), repr(episode.scenario).encode(), repr(episode.records()).encode()]
    found += [np.ascontiguousarray(field).tobytes() for field in episode.tracks]
    found.append(repr(episode.road_map).encode())
    for sensor in episode.sensors:
        for frame in episode.frames(sensor):
            found.append(frame.world_from_sensor.tobytes() + repr(frame.annotation).encode())
            found += [np.ascontiguousarray(array).tobytes() for array in frame.channels.values()]
    return found


def test_a_flipped_byte_anywhere_is_noticed_or_does_not_matter(tmp_path):
    path = tmp_path / "x.mcap"
    write(path, num_frames=2)
    content, expected = path.read_bytes(), everything(read_episode(path))
    random = np.random.default_rng(1)
    noticed = 0
    for place in random.integers(0, len(content), 60):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(bytes(damaged))
        try:
            assert everything(read_episode(path)) == expected, f"byte {place} passes unnoticed"
        except ConfigError as error:
            noticed += 1
            assert str(path) in str(error) and "\n" not in str(error)
    assert noticed > 30


def damaged_at(path, place: int) -> Episode:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))
    return read_episode(path)


def test_a_digit_changed_in_an_attachment_is_noticed(tmp_path):
    path = tmp_path / "x.mcap"
    write(path, num_frames=1)
    place = path.read_bytes().index(b"optical_range: 127") + len("optical_range: 12")
    episode = damaged_at(path, place)
    with pytest.raises(ConfigError, match="x.mcap: not a readable episode: the checksum of its scenario.yaml is wrong"):
        _ = episode.scenario


def test_a_time_changed_in_a_message_index_is_noticed(tmp_path):
    path = tmp_path / "x.mcap"
    write(path, num_frames=1)
    reader = ContainerReader(path)
    offsets = reader._chunks[0].message_index_offsets
    topic = next(name for name, channel in reader.channels.items() if channel.id in offsets)
    damaged_at(path, offsets[reader.channels[topic].id] + 9 + 2 + 4)
    damaged = ContainerReader(path)
    with pytest.raises(ConfigError, match="x.mcap: not a readable episode: a message index is corrupt"):
        damaged.read(damaged.messages(topic)[0])


def test_near_depth_never_becomes_nothing_and_far_depth_saturates():
    depth = np.array([[0.0, 1e-4, 0.5, 255.0, 300.0]], np.float32)
    assert encode_depth(depth).tolist() == [[0, 1, 128, 65280, 65535]]
    np.testing.assert_allclose(decode_depth(encode_depth(depth))[0, 2:4], [0.5, 255.0])


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_one_error_that_names_it(tmp_path, share):
    path = tmp_path / "x.mcap"
    write(path, num_frames=1)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ConfigError, match="x.mcap: not a readable episode"):
        _ = read_episode(path).digest


def everything_of(episode: Episode) -> list:
    """Return all that an episode holds."""
    frames = [
        (sensor, channel, zlib.crc32(np.asarray(getattr(frame, channel)).tobytes()))
        for sensor in episode.sensors
        for frame in episode.frames(sensor)
        for channel in ("time_ns", *frame.channels)
    ]
    tracks = [zlib.crc32(np.asarray(field).tobytes()) for field in episode.tracks if isinstance(field, np.ndarray)]
    return [
        episode.id, episode.seed, episode.scenario, episode.verdict, episode.digest, episode.metrics,
        episode.collisions, episode.intervals, tracks, frames,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> tuple:
    path = tmp_path_factory.mktemp("intact") / "x.mcap"
    write(path, num_frames=1)
    return path.read_bytes(), everything_of(read_episode(path))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_file_reads_as_it_was_or_is_one_error(tmp_path, intact, data):
    content, whole = bytearray(intact[0]), intact[1]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.sampled_from((1, 2, 8, 500)))
        kind = data.draw(st.sampled_from(("flip", "erase", "drop", "repeat", "cut")))
        piece = content[start : start + length]
        if kind == "flip":
            piece = bytes(value ^ data.draw(st.integers(1, 255)) for value in piece[:8]) + piece[8:]
        elif kind == "erase":
            piece = bytes(len(piece))
        elif kind == "drop":
            piece = b""
        elif kind == "repeat":
            piece = piece * 2
        content[start : (len(content) if kind == "cut" else start + length)] = piece
        if not content:
            break
    path = tmp_path / "x.mcap"
    path.write_bytes(bytes(content))
    try:
        found = everything_of(read_episode(path))
    except ConfigError as error:
        assert "x.mcap: not a readable episode" in str(error) and "\n" not in str(error)
    else:
        assert found == whole


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="x.mcap: no such file"):
        read_episode(tmp_path / "x.mcap")


def test_the_standard_reader_opens_it_with_standard_messages(tmp_path):
    from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
    from mcap.reader import make_reader

    path = tmp_path / "x.mcap"
    write(path, num_frames=3)
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        topics = {channel.topic: channel for channel in summary.channels.values()}
        kinds = {topic: summary.schemas[c.schema_id].name for topic, c in topics.items() if c.schema_id}
        assert kinds["/camera_front/rgb"] == "foxglove.CompressedImage"
        assert kinds["/camera_front/depth"] == kinds["/camera_front/instance"] == "foxglove.RawImage"
        assert kinds["/camera_front/calibration"] == "foxglove.CameraCalibration"
        assert kinds["/camera_front/boxes"] == "foxglove.ImageAnnotations"
        assert kinds["/lidar_top/points"] == "foxglove.PointCloud"
        assert kinds["/scene"] == kinds["/map_lines"] == "foxglove.SceneUpdate"
        assert kinds["/tf"] == "foxglove.FrameTransforms"
        messages = [message for _, channel, message in reader.iter_messages(topics=["/camera_front/depth"])]
        image = RawImage.FromString(messages[1].data)
        assert (image.encoding, image.width, image.height) == ("16UC1", drawn.WIDTH, drawn.HEIGHT)
        assert summary.statistics.message_count == len(list(reader.iter_messages()))
        assert {a.name for a in reader.iter_attachments()} == {"scenario.yaml", "episode.json", "records.json"}
        assert next(iter(reader.iter_metadata())).metadata["verdict"].startswith("failed: no_collision")


def test_a_topic_is_read_without_the_others(tmp_path, monkeypatch):
    path = tmp_path / "x.mcap"
    write(path, num_frames=3)
    frame = read_episode(path).frames("camera_front")[2]
    read = []
    source = type(frame.channels._file)
    original = source.stored
    monkeypatch.setattr(source, "stored", lambda self, place, size: read.append(size) or original(self, place, size))
    _ = frame.semantic
    assert sum(read) < path.stat().st_size / 10


def test_records_out_of_order_are_refused():
    recorder = MemoryRecorder("x", drawn.concrete(), drawn.network(), drawn.actors(), {})
    recorder.append_state(10, drawn.state_at(0, 0.0), None)
    with pytest.raises(ConfigError, match="state: a record at 10 ns cannot follow one at 10 ns"):
        recorder.append_state(10, drawn.state_at(1, 0.0), None)


def test_a_state_that_has_blown_up_is_one_error_with_its_time(tmp_path):
    scenario = drawn.concrete()
    writer = EpisodeWriter(tmp_path / "x.mcap", "x", scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
    state = drawn.state_at(0, 0.0)
    state.velocity[0, 1, 0] = np.nan
    with pytest.raises(ConfigError, match="/state at 0.250 s: a number that is not finite cannot be recorded"):
        writer.append_state(250_000_000, state, None)
    writer.abort()


def test_road_map_holds_lanes_crossing_and_stop_line_near_the_ego(memory, lossless):
    for road in (memory.road_map, lossless.road_map):
        assert [lane.name for lane in road.lanes] == ["right", "left", "back", "pavement"]
        assert len(road.lanes[0].left) == 2  # a straight edge needs its ends only
        np.testing.assert_allclose(road.lanes[0].left[:, 1], 1.8, atol=1e-9)
        np.testing.assert_allclose(road.lanes[2].left[:, 1], 5.4, atol=1e-9)
        np.testing.assert_allclose(road.stop_lines[0, :, 0], 11.0, atol=1e-9)
        assert sorted(set(road.crossings[0, :, 0].tolist())) == [12.0, 16.0]
        assert road.datum == drawn.network().datum
