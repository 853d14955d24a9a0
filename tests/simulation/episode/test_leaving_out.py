"""What a recorder leaves out is computed all the same, is not in the file, and is told to whoever asks for it."""

import pytest
from foxglove_schemas_protobuf.FrameTransforms_pb2 import FrameTransforms

import simengine
from simengine.cli import main
from simengine.core.errors import ConfigError
from simengine.scenario.spec import ExtensionSpec
from simengine.simulation.episode.leaving_out import CHANNELS, LABELS, VIEWER_TOPICS, check_leave_out
from simengine.simulation.loop.execution import record, simulate
from simengine.simulation.mcap.container_reader import ContainerReader
from tests.tiny_rig import TINY

SETTINGS = [*TINY, "physics=batched", "scenario.duration=0.25", "sensors.camera_front.layers=[normal,flow]"]


def scenario(*left_out):
    return simengine.load_scenario("highway/hard_brake", [*SETTINGS, f"recorder.leave_out=[{','.join(left_out)}]"])


def written(folder, *left_out):
    path = folder / f"{len(list(folder.iterdir()))}.mcap"
    record(scenario(*left_out), path.stem, path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("left_out")


@pytest.fixture(scope="module")
def whole(folder):
    return written(folder)


def read(path):
    from simengine.simulation.mcap.reader import read_episode

    return read_episode(path)


def test_what_is_left_out_is_not_in_the_file_and_the_digest_is_the_same(folder, whole):
    left_out = (*VIEWER_TOPICS, "instance", "camera_front/rgb", "/camera_front/boxes", "lidar_top/points")
    path = written(folder, *left_out)
    gone = set(ContainerReader(whole).channels) - set(ContainerReader(path).channels)
    topics = {"/scene", "/tf", "/map_lines", "/lidar_top/points"}
    assert gone == topics | {f"/camera_front/{name}" for name in ("instance", "rgb", "boxes")}
    episode = read(path)
    assert episode.digest == read(whole).digest == simulate(scenario(*left_out)).digest
    assert episode.left_out == left_out
    assert path.stat().st_size < whole.stat().st_size


def test_a_frame_tells_what_was_not_recorded(folder):
    episode = read(written(folder, "camera_front/rgb", "instance", "labels"))
    frame, scan = episode.frames("camera_front")[0], episode.frames("lidar_top")[0]
    with pytest.raises(AttributeError, match=r"rgb of camera_front was not recorded: recorder\.leave_out$"):
        frame.rgb  # noqa: B018
    with pytest.raises(AttributeError, match=r"boxes_2d of camera_front was not recorded: recorder\.leave_out$"):
        frame.boxes_2d  # noqa: B018
    with pytest.raises(AttributeError, match=r"instance of lidar_top was not recorded"):
        scan.instance  # noqa: B018
    assert frame.depth.shape == frame.semantic.shape == (36, 64)
    assert len(scan.points) == len(scan.intensity) and "instance" not in scan.channels
    assert episode.sensors_with("rgb") == () and episode.sensors_with("points") == ("lidar_top",)


def optical_frames(path):
    reader, found = ContainerReader(path), set()
    for ref in reader.messages("/tf"):
        message = FrameTransforms.FromString(reader.read(ref))
        found |= {transform.child_frame_id for transform in message.transforms if "optical" in transform.child_frame_id}
    return found


@pytest.mark.parametrize("left_out", ["intrinsics", "camera_front/rgb"])
def test_viewers_can_place_the_images_that_are_left(folder, left_out):
    path = written(folder, left_out)
    assert optical_frames(path) == {"camera_front_optical"}
    assert "/camera_front/calibration" in ContainerReader(path).channels
    assert "/camera_front/calibration" not in ContainerReader(written(folder, left_out, "calibration")).channels


def test_what_depth_none_keeps_out_is_told_too(folder):
    path = folder / "flat.mcap"
    flat = scenario().model_copy(update={"recorder": scenario().recorder.model_copy(update={"depth": "none"})})
    record(flat, path.stem, path)
    with pytest.raises(AttributeError, match=r"depth of camera_front was not recorded: recorder\.depth = none$"):
        read(path).frames("camera_front")[0].depth  # noqa: B018


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("scen", r'recorder\.leave_out: scen: .*did you mean "scene".*allowed: scene, tf, .*SENSOR/CHANNEL'),
        ("camera_front/rbg", r'camera_front/rbg: .*did you mean "camera_front/rgb".*allowed: camera_front/rgb'),
        ("camera_frnt/rgb", r'camera_frnt/rgb: .*did you mean "camera_front/rgb"'),
        ("imu/rgb", r"imu/rgb: .*allowed: imu/specific_force"),
        ("state", r"state: an episode cannot be read without it"),
        ("camera_front/frame", r"camera_front/frame: nothing of that name"),
    ],
)
def test_names_of_nothing_are_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        check_leave_out(scenario(name))


def test_a_slip_is_refused_beside_a_sensor_of_another_package_too():
    rig = scenario().sensors | {"t": ExtensionSpec(kind="thermometer")}

    def check(name):
        recorder = scenario().recorder.model_copy(update={"leave_out": (name,)})
        check_leave_out(scenario().model_copy(update={"sensors": rig, "recorder": recorder}))

    for name in ("t/temperature", "labels", "scene", "camera_front/rgb"):
        check(name)
    for name, nearest in (("instanc", "instance"), ("scen", "scene")):
        with pytest.raises(ConfigError, match=f'{name}: nothing .*did you mean "{nearest}".*SENSOR/CHANNEL'):
            check(name)


def test_without_sensors_a_channel_may_still_be_named():
    check_leave_out(simengine.load_scenario("drive", ["sensors=none", "recorder.leave_out=[instance,front/rgb,tf]"]))
    with pytest.raises(ConfigError, match='did you mean "instance"'):
        check_leave_out(simengine.load_scenario("drive", ["sensors=none", "recorder.leave_out=[instanc]"]))


def test_the_table_of_channels_is_what_sensors_measure(whole):
    episode = read(whole)
    for name, spec in episode.scenario.sensors.items():
        measured = set(episode.frames(name)[0].channels) - set(getattr(spec, "layers", ()))
        assert measured == set(CHANNELS[spec.kind]) - {*LABELS, "calibration"}, name


def test_a_wrong_name_is_refused_before_anything_is_simulated(tmp_path, capsys):
    wrong = "recorder.leave_out=[camera_front/rbg]"
    assert main(["generate", "scenario=drive", wrong, f"output={tmp_path / 'x'}"]) == 2
    assert 'did you mean "camera_front/rgb"' in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("form", "left_out", "named"),
    [
        ("kitti", "camera_front/rgb", "rgb of camera_front"),
        ("kitti", "labels", "labels of camera_front"),
        ("kitti", "intrinsics", "intrinsics of camera_front"),
        ("kitti", "lidar_top/intensity", "intensity of lidar_top"),
        ("coco", "instance", "instance of camera_front"),
    ],
)
def test_an_exporter_names_the_setting_that_left_out_what_it_needs(folder, tmp_path, form, left_out, named):
    from simengine.export.registry import exporter

    episode = read(written(folder, left_out))
    for settings in ({}, {"camera": "camera_front"}):
        with pytest.raises(ConfigError, match=rf"{named}, which the format needs, was not recorded: recorder\.l"):
            exporter(form)([episode], tmp_path / "out", settings)
        assert not (tmp_path / "out").exists()
