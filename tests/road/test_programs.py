"""Programs of OpenDRIVE's lights: a junction of four arms, drawn here, with and without lamps for left turns."""

import math

import numpy as np
import pytest

from simengine.road.network.network import SignalColor
from simengine.road.network.signals import signal_colors
from simengine.road.opendrive import read_opendrive
from simengine.road.opendrive.signals import programs

REACH, LANE = 14.0, 3.5  # from the middle to where the arms begin; width of a lane [m]
MOVING = (SignalColor.GREEN, SignalColor.AMBER)


def road(number: int, length: float, x: float, y: float, heading: float, shape: str, junction: str, link: str,
         lanes: str, signals: str = "") -> str:  # fmt: skip
    return (
        f'<road id="{number}" length="{length}" junction="{junction}"><link>{link}</link><planView>'
        f'<geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="{length}">{shape}</geometry></planView>'
        f'<lanes><laneSection s="0">{lanes}</laneSection></lanes><signals>{signals}</signals></road>'
    )


def lane(number: int, link: str = "") -> str:
    width = f'<width sOffset="0" a="{LANE}" b="0" c="0" d="0"/>'
    return f'<lane id="{number}" type="driving" level="false">{link}{width}</lane>'


def crossroads(protected: bool) -> str:
    """Return a map of four arms; lane −1 of an arm turns left and goes straight on, or with `protected` only turns."""
    roads, connections, controllers, listed = [], [], [], []
    inward = 2 if protected else 1
    for arm in range(4):
        angle = arm * 0.5 * math.pi  # the arm lies in this direction; its reference line runs to the middle
        x, y, heading = 100 * math.cos(angle), 100 * math.sin(angle), angle + math.pi
        lights = ""
        for k in range(inward):
            lights += (
                f'<signal id="{arm}.{k}" s="{100 - REACH - 1}" t="-8" type="1000001" dynamic="yes" orientation="+">'
                f'<validity fromLane="-{k + 1}" toLane="-{k + 1}"/></signal>'
            )
            controllers.append(f'<controller id="{arm}.{k}"><control signalId="{arm}.{k}"/></controller>')
            listed.append(f'<controller id="{arm}.{k}"/>')
        right = "".join(lane(-1 - k) for k in range(inward))
        lanes = f'<left>{lane(1)}</left><center><lane id="0" type="none"/></center><right>{right}</right>'
        successor = '<successor elementType="junction" elementId="9"/>'
        roads.append(road(arm, 100 - REACH, x, y, heading, "<line/>", "-1", successor, lanes, lights))
        for turn, target in (("straight", (arm + 2) % 4), ("left", (arm + 3) % 4)):
            source = -1 if turn == "left" or not protected else -2
            number = 100 + 10 * arm + target
            # The connection's reference line starts at the left edge of the source lane; its lane lies to the right.
            shift = (-source - 1) * LANE
            sx = REACH * math.cos(angle) + shift * math.sin(heading)
            sy = REACH * math.sin(angle) - shift * math.cos(heading)
            ends = (
                f'<predecessor elementType="road" elementId="{arm}" contactPoint="end"/>'
                f'<successor elementType="road" elementId="{target}" contactPoint="end"/>'
            )
            link = f'<link><predecessor id="{source}"/><successor id="1"/></link>'
            only = f'<center><lane id="0" type="none"/></center><right>{lane(-1, link)}</right>'
            if turn == "left":
                length, shape = 0.5 * math.pi * REACH, f'<arc curvature="{1 / REACH}"/>'
            else:
                length, shape = 2 * REACH, "<line/>"
            drift = 0.0
            if turn == "straight" and protected:  # drifts over to the exit lane beside the reference line
                length, drift = math.hypot(2 * REACH, LANE), math.atan2(LANE, 2 * REACH)
            roads.append(road(number, length, sx, sy, heading + drift, shape, "9", ends, only))
            connections.append(
                f'<connection id="{number}" incomingRoad="{arm}" connectingRoad="{number}" contactPoint="start">'
                f'<laneLink from="{source}" to="-1"/></connection>'
            )
    return (
        '<OpenDRIVE><header revMajor="1" revMinor="6"/>'
        + "".join(roads)
        + "".join(controllers)
        + f'<junction id="9" name="">{"".join(connections)}{"".join(listed)}</junction></OpenDRIVE>'
    )


def shown(tmp_path, text: str) -> tuple[list[str], np.ndarray]:
    """Return the lights' names and what they show every tenth of a second of a cycle."""
    path = tmp_path / "map.xodr"
    path.write_text(text)
    network = read_opendrive(path).network
    cycle = network.program_duration.sum(axis=1)
    assert (cycle == cycle[0]).all() and cycle[0] <= programs.LONGEST_CYCLE
    times = np.arange(0.05, cycle[0], 0.1)
    return network.signal_name.tolist(), np.stack([signal_colors(network, time) for time in times])


def test_opposite_arms_are_green_together_and_crossing_ones_never(tmp_path):
    names, colors = shown(tmp_path, crossroads(protected=False))
    assert names == ["0.0", "1.0", "2.0", "3.0"]
    moving = np.isin(colors, MOVING)
    assert (colors[:, 0] == colors[:, 2]).all() and (colors[:, 1] == colors[:, 3]).all()
    assert not (moving[:, 0] & moving[:, 1]).any()
    assert (colors == SignalColor.GREEN).mean(axis=0) == pytest.approx(0.4, abs=0.01)


def test_left_turns_with_a_light_of_their_own_go_while_oncoming_traffic_stands(tmp_path):
    names, colors = shown(tmp_path, crossroads(protected=True))
    moving = dict(zip(names, np.isin(colors, MOVING).T, strict=True))
    for arm in range(4):
        assert moving[f"{arm}.0"].any() and moving[f"{arm}.1"].any()
        assert not (moving[f"{arm}.0"] & moving[f"{(arm + 2) % 4}.1"]).any()
        assert not (moving[f"{arm}.1"] & moving[f"{(arm + 1) % 4}.1"]).any()
    assert (moving["0.0"] == moving["2.0"]).all() and (moving["0.1"] == moving["2.1"]).all()


def test_lights_of_crossing_traffic_in_one_controller_change_apart(tmp_path):
    text = crossroads(protected=False)
    together = "".join(f'<control signalId="{arm}.0"/>' for arm in range(4))
    text = text.replace("<controller id=\"0.0\"><control signalId=\"0.0\"/></controller>",
                        f'<controller id="0.0">{together}</controller>')  # fmt: skip
    names, colors = shown(tmp_path, text)
    moving = dict(zip(names, np.isin(colors, MOVING).T, strict=True))
    assert not (moving["0.0"] & moving["1.0"]).any() and (moving["0.0"] == moving["2.0"]).all()
    (line,) = [line for line in read_opendrive(tmp_path / "map.xodr").remarks if "controller" in line]
    assert "<signal> shares a controller with a light of crossing traffic" in line


def test_people_who_cross_beside_vehicles_have_time_to_begin():
    for is_turn, count in ((False, 2), (True, 2), (False, 5)):
        stages = [programs._Stage({str(k)}, False, is_turn, k == 0) for k in range(count)]
        programs._fit(stages)
        shown = programs._program(stages, {"0"}, True)
        walk = sum(duration for duration, color in shown if color == SignalColor.GREEN)
        assert walk >= programs.SHORTEST_WALK
        assert sum(duration for duration, _ in shown) <= programs.LONGEST_CYCLE


def test_green_is_shortened_until_the_cycle_fits():
    stages = [programs._Stage({str(k)}, False, False) for k in range(6)]
    programs._fit(stages)
    assert sum(stage.green + stage.change for stage in stages) <= programs.LONGEST_CYCLE
    assert all(stage.green >= programs.SHORTEST_GREEN for stage in stages)
