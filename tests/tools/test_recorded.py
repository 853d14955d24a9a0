"""The check of recorded files passes what the program records, and complains of every label that is falsified."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from tools import check as command
from tools.checks.recorded import classes, ego, fixes, frames, lights, motion, outcome, table, weather
from tools.checks.recorded.file import Message, RecordedFile, RecordedFrame, States
from tools.checks.recorded.found import Found
from tools.checks.recorded.table import CHECKS, RecordingCase, as_markdown, check_file, make

_TINY = (
    "road=commonroad", "traffic=replay", "physics=batched", "scenario.duration=2", "sensors.camera_front.width=192",
    "sensors.camera_front.height=108", "sensors.lidar_top.channels=8", "sensors.lidar_top.columns=128",
)  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Two seconds of recorded traffic, with a camera, a LiDAR and the ego's instruments."""
    return make(RecordingCase("tiny", "drive", _TINY, recording=True), tmp_path_factory.mktemp("recorded"), ())


@pytest.fixture(scope="module")
def file(recorded):
    return RecordedFile(recorded)


def falsified(file, topic, change, every=False):
    """Return the file with a change made to the middle JSON message of a topic, or to all of them."""
    other = copy.copy(file)
    for name in ("actors", "events", "states", "scenery", "other_heads", "scenario"):
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
    assert {name: one.worst for name, one in found.items() if one.errors} == {}
    looked = {name for name, one in found.items() if one.checked}
    assert len(looked) >= 17
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
    "velocity of a box": (classes.box_velocities, lambda row: first(row)["velocity"].__setitem__(0, 3.0)),
    "class of a 3-D box": (classes.semantics, lambda row: first(row).update(semantic=21)),
    "class of a 2-D box": (classes.semantics, lambda row: first(row, "boxes_2d").update(semantic=13)),
    "motion of a box": (frames.flows, lambda row: [box["position"].__setitem__(1, box["position"][1] + 1.0)
                                                   for box in row["boxes_3d"]]),
}  # fmt: skip


FAULTS = {
    **{name: ("/state", *fault) for name, fault in STATE_FAULTS.items()},
    **{name: ("/camera_front/labels", *fault) for name, fault in CAMERA_FAULTS.items()},
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_falsified_is_found(file, name):
    topic, check, change = FAULTS[name]
    assert check(file).errors == 0 and check(file).checked > 0
    found = check(falsified(file, topic, change))
    assert found.errors > 0 and found.worst


def test_falsified_lidar_labels_are_found(file):
    assert frames.hits(file).errors == frames.points(file).errors == 0 and frames.points(file).checked > 50
    assert frames.hits(falsified(file, "/lidar_top/labels", lambda row: row["boxes_3d"][1].update(lidar_hits=9))).errors
    few = falsified(file, "/lidar_top/labels", lambda row: [box.update(expected_hits=0) for box in row["boxes_3d"]])
    assert frames.hits(few).errors
    shrink = [0.4, 0.4, 0.4]
    thin = falsified(
        file, "/lidar_top/labels", lambda row: [box.update(size=shrink) for box in row["boxes_3d"]], every=True
    )
    assert frames.points(thin).errors


def test_an_instance_that_nobody_has_is_found(file):
    assert frames.instances(file).errors == 0
    gone = falsified(file, "/state", lambda row: row.update(actor=[0] * len(row["actor"])), every=True)
    assert frames.instances(gone).errors
    pole = Painted(file, "instance", lambda pixels: pixels.__setitem__((0, 0), 10_003))
    pole.__dict__["scenery"] = {10_003}
    assert frames.instances(pole).errors == 0
    pole.__dict__["scenery"] = {10_002}
    assert frames.instances(pole).errors > 0
    unlisted = copy.copy(file)
    unlisted.__dict__["scenery"] = None
    assert frames.instances(unlisted).errors == 1


class Painted(RecordedFile):
    """A recorded file whose pixels of a channel are changed, in every picture."""

    def __init__(self, file, name, paint):
        self.__dict__.update(file.__dict__)
        self._painted, self._paint = name, paint

    def channel(self, frame, name):
        """Return a channel, painted."""
        found = super().channel(frame, name)
        if name == self._painted and found is not None and found.ndim == 2:
            found = found.copy()
            self._paint(found)
        return found


def test_pixels_of_an_actor_of_another_class_are_found(file):
    assert classes.semantics(file).errors == 0
    assert classes.semantics(Painted(file, "semantic", lambda pixels: pixels.__setitem__(slice(None), 24))).errors
    hood = Painted(file, "instance", lambda pixels: pixels.__setitem__(slice(None), 1))
    assert classes.semantics(hood).errors  # the ego's, and not of class ego


def test_sensors_that_come_off_are_found(file):
    assert ego.ego_frames(file).errors == 0
    off = falsified(file, "/camera_front/frame", lambda row: row["world_from_sensor"].__setitem__(3, 0.0))
    assert ego.ego_frames(off).errors


NAN = [float("nan")] * 3


def no_fix(row, fix=False):
    """Take away what a receiver measured."""
    for name in ("position", "geodetic"):
        row["channels"][name]["values"] = NAN
    row["channels"]["fix"].pop("base64", None)
    row["channels"]["fix"]["values"] = fix


FIX_FAULTS = {
    "another latitude": ("/gnss/frame", lambda row: row["channels"]["geodetic"]["values"].__setitem__(0, 57.71)),
    "another place": ("/gnss/frame", lambda row: row["channels"]["position"]["values"].__setitem__(1, 60.0)),
    "no numbers": ("/gnss/frame", lambda row: no_fix(row, True)),
    "no fix under the open sky": ("/gnss/frame", no_fix),
    "no word of a fix": ("/gnss/frame", lambda row: row["channels"].pop("fix")),
    "a turned map": ("/map", lambda row: row["datum"].update(heading=1.5708)),
    "a map elsewhere": ("/map", lambda row: row["datum"]["offset"].__setitem__(0, 5000.0)),
    "another origin": ("/map", lambda row: row["datum"]["origin"].__setitem__(0, 48.0)),
    "another projection": ("/map", lambda row: row["datum"].update(crs="EPSG:25832")),
    "a map without a place": ("/map", lambda row: row.update(datum=None)),
}


@pytest.mark.parametrize("name", FIX_FAULTS)
def test_fixes_that_are_none_or_fit_no_map_are_found(file, name):
    assert fixes.satellite_fixes(file).errors == 0 and fixes.satellite_fixes(file).checked > 20
    assert fixes.satellite_fixes(falsified(file, *FIX_FAULTS[name])).errors


def test_there_are_no_fixes_under_a_roof(file):
    hall = falsified(file, "/gnss/frame", no_fix, every=True)
    hall.__dict__["scenario"] = {**file.scenario, "road": {"kind": "warehouse"}}
    assert fixes._fixes_of(hall, "gnss", list(hall.frames("gnss"))).errors == 0
    seen = copy.copy(file)
    seen.__dict__["scenario"] = hall.scenario
    assert fixes._fixes_of(seen, "gnss", list(seen.frames("gnss"))).errors > 5


def test_a_turned_map_whose_fixes_are_turned_too_is_found(file):
    drawn = copy.copy(file)
    drawn.__dict__["scenario"] = {**file.scenario, "road": {"kind": "street"}}
    turned = falsified(drawn, "/map", lambda row: row["datum"].update(heading=1.5708))
    turned.__dict__["scenario"] = drawn.scenario
    assert "turned by" in fixes._datum(turned).worst


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
    assert outcome.schemas(falsified(file, "/map", lambda row: row.pop("signals"))).errors == 1
    assert outcome.schemas(falsified(file, "/gnss/frame", lambda row: row.update(left_out={"fix": "x"}))).errors == 0
    bare = copy.copy(file)
    bare.topics = {name: rows for name, rows in file.topics.items() if name != "/scenery"}
    assert outcome.schemas(bare).errors == 1


def test_a_case_that_shows_nothing_of_what_it_has_to_is_wrong(recorded, monkeypatch):
    monkeypatch.setattr(table, "CHECKS", {name: lambda _: Found(0, 0) for name in ("signals", "flow = motion")})
    assert sum(one.errors for one in check_file(recorded, "red-light runner").values()) == 2
    assert [one.errors for one in check_file(recorded, "deer").values()] == [0, 1]
    assert {name for needed in table.LOOKED_AT.values() for name in needed} <= set(CHECKS)
    assert set(table.LOOKED_AT) == {case.name for case in table.CASES}

    def lacks(file):
        raise KeyError("signals")

    monkeypatch.setattr(table, "CHECKS", {"signals": lacks})
    assert check_file(recorded)["signals"].errors == 1


def test_the_page_is_written_for_all_recordings_only(capsys, monkeypatch):
    monkeypatch.setattr(table, "found_in", lambda *_: iter([("deer", {})]))
    monkeypatch.setattr(command, "ROOT", Path("/nowhere"))
    assert command.main(["recorded", "--write", "--only", "deer"]) == 2
    assert command.main(["recorded", "--only", "dear"]) == 2
    assert "no such recording" in capsys.readouterr().err


WEATHERS = {"by day": ({}, False), "rain": ({"rain_rate": 2.5}, True), "snow": ({"snow_rate": 0.5}, True),
            "fog": ({"optical_range": 300.0}, True), "night": ({"sun_elevation_deg": -10.0}, True)}  # fmt: skip


@pytest.mark.parametrize("name", WEATHERS)
def test_head_lamps_against_the_weather_are_found(file, name):
    changes, lit = WEATHERS[name]
    for bits in (0, 8):
        car = Drawn(lights=(bits, 0))
        car.scenario, car.hall = {"weather": {**file.scenario["weather"], **changes}}, False
        assert weather.head_lamps(car) == (61, 0, "") if (bits > 0) == lit else weather.head_lamps(car).errors == 61
    car.scenario, car.hall = file.scenario, True
    assert weather.head_lamps(car).errors == 0


def test_intervals_outside_the_episode_are_found(file):
    late = {"name": "maneuver:braking", "actor": 1, "start_ns": 9_000_000_000, "response_ns": -1, "end_ns": 9}
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
        self.scenario = {"scenario": {"events": {}}}
        edge = [[x, y, 0.0] for x, y in ((0.0, 1.75), (100.0, 1.75))]
        lane = {"name": "a", "left": edge, "right": [[x, -y, z] for x, y, z in edge]}
        self._rows = {"/map": [{"lanes": [lane], "signals": signals}], "/signals": list(colors)}

    def json(self, topic):
        return self._rows.get(topic, [])


class Swept(Drawn):
    """A sweep of 0.1 s over the corners of a struck car that drives at 8 m/s and spins at 3 rad/s."""

    def __init__(self, rigid=False):
        super().__init__(collisions=[{"start_ns": 500_000_000, "end_ns": 600_000_000, "actor": 1, "other": -1}])
        states, speed, spin = self.states, 8.0, 3.0
        states.position[:, 1, 0] = 40.0 + speed * states.time
        states.velocity[:, 1, 0], states.angular_velocity[:, 1, 2] = speed, spin
        states.orientation[:, 1, 0], states.orientation[:, 1, 3] = np.cos(1.5 * states.time), np.sin(1.5 * states.time)
        self.sensors, end = ["lidar_top"], 1.013
        time = end - np.linspace(0.1, 0.0, 64)
        seen = np.full_like(time, end) if rigid else time
        along, aside = np.tile([2.25, 2.25, -2.25, -2.25], 16), np.tile([0.9, -0.9, -0.9, 0.9], 16)
        cosine, sine = np.cos(spin * seen), np.sin(spin * seen)
        points = np.stack([
            40.0 + speed * seen + along * cosine - aside * sine, 3.5 + along * sine + aside * cosine, np.zeros(64),
        ], axis=1)  # fmt: skip
        self._channels = {"points": points, "time_ns": np.round(time * 1e9), "instance": np.full(64, 2)}
        box = {
            "instance": 2, "position": [40.0 + speed * end, 3.5, 0.0], "size": [4.5, 1.8, 1.5],
            "orientation": [np.cos(1.5 * end), 0.0, 0.0, np.sin(1.5 * end)], "velocity": [speed, 0.0, 0.0],
        }  # fmt: skip
        channels = dict.fromkeys(self._channels, {})
        self._frame = RecordedFrame("lidar_top", end, np.eye(4), channels, {"boxes_3d": [box]})

    def frames(self, sensor):
        return iter([self._frame])

    def channel(self, frame, name):
        return self._channels[name]


def test_points_of_a_car_that_spins_lie_in_the_box_of_their_own_time():
    assert frames.points(Swept()) == Found(64, 0)
    assert frames.points(Swept(rigid=True)).errors > 30  # as if it had stood still where the sweep ended


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


def shown(*colors):
    return [{"time_ns": k * 500_000_000, "color": [color]} for k, color in enumerate(colors)]


HEAD = {"instance": 10_000, "walkers": False, "stop_lines": [[[50.0, 1.75, 0.0], [50.0, -1.75, 0.0]]]}


def test_signals_without_colors_or_with_impossible_changes_are_found():
    assert lights.signals(Drawn()).errors == lights.red_lights(Drawn()).errors == 1  # a map without the field
    assert lights.signals(Drawn(signals=[])) == (0, 0, "")
    legal = ("red", "red_amber", "green", "amber", "red")
    assert lights.signals(Drawn(signals=[HEAD], colors=shown(*legal))).errors == 0
    people = {**HEAD, "walkers": True}
    assert lights.signals(Drawn(signals=[people], colors=shown("red", "green", "red"))).errors == 0
    assert lights.signals(Drawn(signals=[HEAD], colors=shown("red", "green", "red"))).errors == 2
    assert lights.signals(Drawn(signals=[people], colors=shown("green", "amber"))).errors == 1
    assert lights.signals(Drawn(signals=[HEAD])).errors == 1
    assert lights.signals(Drawn(signals=[HEAD], colors=shown("green", "red_amber"))).errors == 1
    assert lights.signals(Drawn(signals=[HEAD, HEAD], colors=shown("green"))).errors == 1


def test_stop_lines_passed_at_red_are_found():
    green = Drawn(signals=[HEAD], colors=shown("red", "green"), pass_x=30.0)
    assert lights.red_lights(green) == (1, 0, "")
    red = Drawn(signals=[HEAD], colors=shown("red"), pass_x=30.0)
    assert lights.red_lights(red).errors == 1
    backwards = {**HEAD, "stop_lines": [HEAD["stop_lines"][0][::-1]]}
    assert lights.red_lights(Drawn(signals=[backwards], colors=shown("red"), pass_x=30.0)) == (0, 0, "")
    fronts = Drawn(signals=[HEAD], colors=shown("red"), pass_x=18.5)  # the center stays before the line
    assert lights.red_lights(fronts).errors == 1
    dash = {"actor": "runner", "do": {"kind": "set_speed"}}
    red.scenario["scenario"]["events"] = {"dash": dash, "run": {"actor": "runner", "do": {"kind": "run_red"}}}
    red.events["intervals"] = [{"name": "hazard:dash", "actor": 1}]
    assert lights.red_lights(red).errors == 1  # somebody else is told to
    red.events["intervals"] = [{"name": "hazard:dash", "actor": 0}]
    assert lights.red_lights(red).errors == 0
    red.events["intervals"] = []
    red.actors["behavior"][0] = "ego"
    assert lights.red_lights(red).errors == 1
    red.events["criteria"] = [{"name": "red_light", "passed": False}]
    assert lights.red_lights(red).errors == 0  # as its verdict says


def test_signals_in_pictures_without_a_row_or_with_a_wrong_one_are_found():
    lamp = {"instance": 10_000, "signal": 0, "color": "red", "visible": [2, 1, 4, 3], "visible_pixels": 4}

    def seen(*rows, **changes):
        file = Drawn(signals=[HEAD], colors=shown("red"))
        instance, semantic = np.zeros((6, 8), int), np.zeros((6, 8), int)
        instance[1:3, 2:4], semantic[1:3, 2:4] = 10_000, 12
        channels = {"intrinsics": 0, "instance": instance, "semantic": semantic}
        frame = RecordedFrame("camera", 0.5, np.eye(4), channels, {"signals": list(rows), **changes})
        file.sensors, file.other_heads = ["camera"], set()
        file.frames, file.channel = lambda sensor: [frame], lambda frame, name: frame.channels[name]
        return lights.signals(file)

    assert seen(lamp).errors == 0
    assert seen().errors == 1
    for change in ({"color": "green"}, {"visible_pixels": 3}, {"visible": [0, 0, 4, 3]}, {"signal": 1}):
        assert seen({**lamp, **change}).errors == 1
