"""The check of recorded files passes what the program records, and complains of every label that is falsified."""

import copy
import json

import numpy as np
import pytest

from tools.checks.recorded import ego, frames, motion, outcome
from tools.checks.recorded.file import Message, RecordedFile, States
from tools.checks.recorded.table import CHECKS, Case, as_markdown, check_file, make

_TINY = (
    "road=commonroad", "traffic=replay", "physics=batched", "scenario.duration=2", "sensors.camera_front.width=192",
    "sensors.camera_front.height=108", "sensors.lidar_top.channels=8", "sensors.lidar_top.columns=128",
)  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Two seconds of recorded traffic, with a camera, a LiDAR and the ego's instruments."""
    return make(Case("tiny", "drive", _TINY, recording=True), tmp_path_factory.mktemp("recorded"), ())


@pytest.fixture(scope="module")
def file(recorded):
    return RecordedFile(recorded)


def falsified(file, topic, change, every=False):
    """Return the file with a change made to the middle JSON message of a topic, or to all of them."""
    other = copy.copy(file)
    for name in ("actors", "events", "states", "scenery"):
        other.__dict__.pop(name, None)
    messages = list(file.topics[topic])
    for k in range(len(messages)) if every else [len(messages) // 2]:
        row = json.loads(messages[k].content)
        change(row)
        messages[k] = Message(messages[k].time_ns, messages[k].schema, json.dumps(row).encode())
    other.topics = {**file.topics, topic: messages}
    return other


def test_what_the_program_records_is_right(recorded):
    found = check_file(recorded)
    assert {name: one.worst for name, one in found.items() if one is not None and one.errors} == {}
    looked = {name for name, one in found.items() if one is not None and one.checked}
    assert len(looked) >= 14
    page = as_markdown({"tiny": found}, "tools/check.py recorded")
    assert "In all 0 errors" in page and all(name in page for name in CHECKS)


def moving(row):
    """The row of an actor that moves, in a state."""
    return next(k for k, velocity in enumerate(row["velocity"]) if abs(velocity[0]) > 3.0 and row["actor"][k] > 0)


STATE_FAULTS = {
    "velocity": (motion.velocities, lambda row: row["velocity"][moving(row)].__setitem__(0, 0.0)),
    "acceleration of a recording": (
        motion.accelerations, lambda row: row["acceleration"][moving(row)].__setitem__(0, 12.0),
    ),
    "acceleration of the ego": (motion.accelerations, lambda row: row["acceleration"][0].__setitem__(1, 6.0)),
    "yaw rate": (motion.yaw_rates, lambda row: row["angular_velocity"][moving(row)].__setitem__(2, 0.8)),
    "a jump": (motion.ids, lambda row: row["position"][moving(row)].__setitem__(0, 400.0)),
    "a gap": (motion.ids, lambda row: row["actor"].__setitem__(moving(row), 5)),
}  # fmt: skip


@pytest.mark.parametrize("name", STATE_FAULTS)
def test_a_falsified_state_is_found(file, name):
    check, change = STATE_FAULTS[name]
    assert check(file).errors == 0 and check(file).checked > 0
    found = check(falsified(file, "/state", change))
    assert found.errors > 0 and found.worst


def first(labels, kind="boxes_3d", least=4):
    """The first box of somebody else of whom something is seen."""
    return next(box for box in labels[kind] if box["instance"] > 1 and box.get("visible_pixels", least) >= least)


CAMERA_FAULTS = {
    "place of a box": (frames.poses, lambda row: first(row)["position"].__setitem__(1, 30.0)),
    "orientation of a box": (frames.poses, lambda row: first(row).update(orientation=[0.8, 0.6, 0.0, 0.0])),
    "size of a box": (frames.poses, lambda row: first(row)["size"].__setitem__(0, 4.2)),
    "distance": (frames.poses, lambda row: first(row).update(distance=1.0)),
    "edge of a 2-D box": (frames.image_boxes, lambda row: first(row, "boxes_2d")["visible"].__setitem__(0, 0.0)),
    "pixels": (frames.image_boxes, lambda row: first(row).update(visible_pixels=1)),
    "occlusion": (frames.image_boxes, lambda row: first(row, "boxes_2d").update(occlusion=0.77)),
    "a missing 2-D box": (frames.image_boxes, lambda row: row["boxes_2d"].remove(first(row, "boxes_2d"))),
    "depth out of the box": (frames.depths, lambda row: [box["size"].__setitem__(1, 0.3) for box in row["boxes_3d"]]),
    "motion of a box": (frames.flows, lambda row: [box["position"].__setitem__(1, box["position"][1] + 1.0)
                                                   for box in row["boxes_3d"]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CAMERA_FAULTS)
def test_a_falsified_camera_label_is_found(file, name):
    check, change = CAMERA_FAULTS[name]
    assert check(file).errors == 0 and check(file).checked > 0
    found = check(falsified(file, "/camera_front/labels", change))
    assert found.errors > 0 and found.worst


def test_falsified_lidar_labels_are_found(file):
    assert frames.hits(file).errors == frames.points(file).errors == 0 and frames.points(file).checked > 50
    assert frames.hits(falsified(file, "/lidar_top/labels", lambda row: row["boxes_3d"][1].update(lidar_hits=9))).errors
    shrink = [0.4, 0.4, 0.4]
    thin = falsified(
        file, "/lidar_top/labels", lambda row: [box.update(size=shrink) for box in row["boxes_3d"]], every=True
    )
    assert frames.points(thin).errors


def test_an_instance_that_nobody_has_is_found(file):
    assert frames.instances(file).errors == 0
    gone = falsified(file, "/state", lambda row: row.update(actor=[0] * len(row["actor"])), every=True)
    assert frames.instances(gone).errors
    scenery = copy.copy(file)
    scenery.__dict__["scenery"] = set()  # a file that lists scenery, and in which none is seen
    assert frames.instances(scenery).errors == 0


def test_sensors_that_come_off_and_fixes_that_fit_no_map_are_found(file):
    assert ego.ego_frames(file).errors == ego.satellite_fixes(file).errors == 0
    off = falsified(file, "/camera_front/frame", lambda row: row["world_from_sensor"].__setitem__(3, 0.0))
    assert ego.ego_frames(off).errors
    fix = falsified(file, "/gnss/frame", lambda row: row["channels"]["geodetic"]["values"].__setitem__(0, 57.71))
    assert ego.satellite_fixes(fix).errors
    far = falsified(file, "/gnss/frame", lambda row: row["channels"]["position"]["values"].__setitem__(1, 60.0))
    assert ego.satellite_fixes(far).errors


@pytest.mark.parametrize(("channel", "value"), [("specific_force", 1.0), ("angular_velocity", 0.05)])
def test_inertial_samples_that_do_not_add_up_are_found(file, channel, value):
    assert ego.inertial(file).errors == 0

    def shift(row):
        values = row["channels"][channel]["values"]
        values[:] = [number + value for number in values]

    assert ego.inertial(falsified(file, "/imu/frame", shift, every=True)).errors


def test_messages_that_the_schema_does_not_describe_are_found(file):
    assert outcome.schemas(file).errors == 0
    assert outcome.schemas(falsified(file, "/state", lambda row: row.update(mood="good"))).errors == 1
    assert outcome.schemas(falsified(file, "/state", lambda row: row.update(tick=1.5))).errors == 1
    assert outcome.schemas(falsified(file, "/state", lambda row: row["lights"].append(None))).errors == 1


def test_intervals_outside_the_episode_are_found(file):
    late = {"name": "manoeuvre:braking", "actor": 1, "start_ns": 9_000_000_000, "response_ns": -1, "end_ns": 9}
    assert outcome.intervals(falsified(file, "/events", lambda row: row["intervals"].append(late))).errors == 1
    nobody = {**late, "start_ns": 0, "actor": 99}
    assert outcome.intervals(falsified(file, "/events", lambda row: row["intervals"].append(nobody))).errors == 1


class Drawn:
    """As much of a recorded file as some checks look at: a car drives at 10 m/s, another is parked at x = 40 m."""

    def __init__(self, lights=(0, 0), asked=0.0, parked_speed=0.0, collisions=(), signals=None, colors=(), pass_x=0.0):
        time = np.arange(61) * 0.05
        zeros = np.zeros((61, 2))
        position = np.zeros((61, 2, 3))
        position[:, 0, 0], position[:, 1, 0] = pass_x + 10.0 * time, 40.0 + parked_speed * time
        position[:, 1, 1] = 3.5
        velocity, turn = np.zeros((61, 2, 3)), np.zeros((61, 2, 4))
        velocity[:, 0, 0], velocity[:, 1, 0], turn[..., 0] = 10.0, parked_speed, 1.0
        self.states = States(
            time=time, present=np.ones((61, 2), bool), replayed=np.zeros((61, 2), bool), position=position,
            velocity=velocity, acceleration=np.zeros((61, 2, 3)), angular_velocity=np.zeros((61, 2, 3)),
            orientation=turn, lights=zeros.astype(int) + np.array(lights), asked=zeros + asked,
        )  # fmt: skip
        self.actors = {
            "kind": ["car", "car"], "behavior": ["traffic", "parked"], "size": [[4.5, 1.8, 1.5], [4.5, 1.8, 1.5]],
        }  # fmt: skip
        self.events = {"collisions": list(collisions), "intervals": []}
        self.sensors: list[str] = []
        edge = [[x, y, 0.0] for x, y in ((0.0, 1.75), (100.0, 1.75))]
        lane = {"name": "a", "left": edge, "right": [[x, -y, z] for x, y, z in edge]}
        self._rows = {"/map": [{"lanes": [lane], "signals": signals}], "/signals": list(colors)}

    def json(self, topic):
        return self._rows.get(topic, [])


def test_lamps_of_parked_cars_and_parked_cars_that_roll_are_found():
    assert motion.parked(Drawn()).errors == 0 and motion.parked(Drawn()).checked == 1
    assert motion.parked(Drawn(lights=(0, 1))).errors == 1
    assert motion.parked(Drawn(parked_speed=0.1)).errors == 1


def test_brake_lamps_that_stay_dark_or_lit_are_found():
    assert motion.brake_lamps(Drawn(lights=(1, 0), asked=-2.0)).errors == 0
    assert motion.brake_lamps(Drawn(lights=(0, 0), asked=-2.0)).errors > 30
    assert motion.brake_lamps(Drawn(lights=(1, 0), asked=1.0)).errors > 30
    assert motion.brake_lamps(Drawn(lights=(0, 0), asked=1.0)).errors == 0


def test_collisions_that_are_none_and_none_that_are_are_found():
    touch = {"start_ns": 1_000_000_000, "end_ns": 1_100_000_000, "actor": 0, "other": 1, "closing_speed": 1.0}
    assert outcome.collisions(Drawn(collisions=[touch])).errors == 1  # 30 m apart
    through = Drawn(pass_x=20.0)
    through.states.position[:, 1, 1] = 0.5
    assert outcome.collisions(through).errors > 0  # drives through it
    during = {**touch, "start_ns": 1_550_000_000, "end_ns": 2_600_000_000}
    through.events["collisions"] = [during]
    assert outcome.collisions(through).errors == 0


def test_signals_without_colours_with_impossible_changes_or_passed_at_red_are_found():
    signal = {"lanes": ["a"], "stop_s": [50.0], "walkers": False}

    def shown(*colors):
        return [{"time_ns": k * 500_000_000, "color": [color]} for k, color in enumerate(colors)]

    assert outcome.signals(Drawn()) is None and outcome.red_lights(Drawn()) is None
    green = Drawn(signals=[signal], colors=shown("red", "green"), pass_x=30.0)
    assert outcome.signals(green).errors == 0 and outcome.red_lights(green) == (1, 0, "")
    assert outcome.signals(Drawn(signals=[signal])).errors == 1
    assert outcome.signals(Drawn(signals=[signal], colors=shown("green", "red_amber"))).errors == 1
    assert outcome.signals(Drawn(signals=[signal, signal], colors=shown("green"))).errors == 1
    assert outcome.red_lights(Drawn(signals=[signal], colors=shown("red"), pass_x=30.0)).errors == 1
