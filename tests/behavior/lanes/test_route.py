"""Where a driver is on its route, also where lanes meet at an angle."""

import numpy as np
import pytest

from simengine.behavior.driver_state import LANE_OFFSET
from simengine.behavior.lanes.route import has_cut_corner
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from tests.behavior.small_world import SmallWorld, straight


def corner(angle=0.5 * np.pi, before=50.0):
    """A lane along x, so long [m], whose successor leaves it to the left at an angle [rad]."""
    x, flat, width = np.linspace(0.0, 50.0, 51), np.zeros(51), np.full(51, 3.5)
    ahead = np.stack([x * before / 50.0, flat, flat], axis=1)
    a = LaneDraft("a", ahead, width, flat, successors=["b"])
    b = LaneDraft("b", np.stack([before + x * np.cos(angle), x * np.sin(angle), flat], axis=1), width, flat)
    return build_network([a, b])


def test_one_that_cuts_a_corner_is_on_the_next_lane():
    ways = SmallWorld(corner(), ["sedan"]).rules.ways
    assert has_cut_corner(ways, 0, 1, 49.0, 4.0, 49.0, 4.0)
    assert not has_cut_corner(ways, 0, 1, 49.0, 1.0, 49.0, 1.0)  # still on its lane
    assert not has_cut_corner(ways, 0, 1, 30.0, 4.0, 30.0, 4.0)  # too early: it is beside its lane
    assert not has_cut_corner(ways, 0, 1, 49.0, -4.0, 49.0, -4.0)  # on the wrong side


@pytest.mark.parametrize("degrees", [30.0, 60.0, -60.0, 85.0])
def test_a_car_slows_for_lanes_that_meet_at_an_angle_and_stays_by_them(degrees):
    angle = np.radians(degrees)
    world = SmallWorld(corner(angle, before=150.0), ["sedan"])
    world.put(0, 0, 20.0, 13.0)
    lanes, aside = [], []
    for _ in range(800):
        world.step()
        lanes.append(int(world.memory.lane[0, 0]))
        x, y = world.state.position[0, 0, :2] - (150.0, 0.0)
        beyond = x * np.cos(angle) + y * np.sin(angle)
        aside.append(min(abs(y) if x < 0.0 else np.inf, abs(y * np.cos(angle) - x * np.sin(angle)) + (beyond < 0.0)))
        if lanes[-1] == 1 and world.memory.s[0, 0] > 25.0:
            break
    assert set(lanes) == {0, 1} and lanes[-1] == 1
    assert max(aside) < 1.75


@pytest.mark.parametrize("kink", [6.0, -6.0])
def test_a_slight_kink_behind_a_corner_does_not_turn_the_wheels_far_before_both(kink):
    """The arc round a slight kink is wide: its circle reaches back to the street before the corner."""
    steps, flat, width, drafts = np.linspace(0.0, 1.0, 51)[:, None], np.zeros(51), np.full(51, 3.5), []
    place, angle = np.zeros(3), 0.0
    for name, turn, length in (("a", 0.0, 150.0), ("b", 97.0, 12.0), ("c", kink, 80.0)):
        angle += np.radians(turn)
        end = place + length * np.array([np.cos(angle), np.sin(angle), 0.0])
        following = {"a": ["b"], "b": ["c"], "c": []}[name]
        drafts.append(LaneDraft(name, place + steps * (end - place), width, flat, successors=following))
        place = end
    world = SmallWorld(build_network(drafts), ["sedan"])
    for s in np.arange(5.0, 130.0, 5.0):
        world.put(0, 0, float(s), 8.0)
        world.memory.lane[0, 0] = -1
        world.decide()
        assert abs(world.controls.steering[0, 0]) < 0.02


def test_a_kink_before_a_bend_to_the_other_side_does_not_hide_the_bend():
    """Whoever rounded the kink for as far as a straight lane allows would go straight on where the lane turns."""
    angle, kink, radius = np.linspace(0.0, np.radians(80.0), 40), np.radians(-9.0), 7.2
    bend = radius * np.stack([np.sin(angle), 1.0 - np.cos(angle)], axis=1)
    turned = bend @ np.array([[np.cos(kink), np.sin(kink)], [-np.sin(kink), np.cos(kink)]])
    last = kink + angle[-1]
    way = np.linspace(0.0, 60.0, 40)[:, None]
    pieces = {
        "a": np.concatenate([way - 60.0, 0.0 * way], axis=1),
        "b": turned,
        "c": turned[-1] + way * (np.cos(last), np.sin(last)),
    }
    following = {"a": ["b"], "b": ["c"], "c": []}
    drafts = [
        LaneDraft(name, np.c_[xy, np.zeros(40)], np.full(40, 3.5), np.zeros(40), successors=following[name])
        for name, xy in pieces.items()
    ]
    world = SmallWorld(build_network(drafts), ["sedan"])
    world.put(0, 0, 10.0, 8.0)
    aside = []
    for _ in range(800):
        world.step()
        aside.append(abs(float(world.memory.t[0, 0])))
        if world.memory.lane[0, 0] == 2 and world.memory.s[0, 0] > 20.0:
            break
    assert world.memory.lane[0, 0] == 2 and max(aside) < 0.8


@pytest.mark.parametrize("aside", [5.5, -7.0])
def test_a_driver_that_has_lost_its_lane_drives_slowly_back_to_it(aside):
    world = SmallWorld(straight(), ["sedan"])
    world.put(0, 0, 50.0, 0.0, t=aside)
    fastest = 0.0
    for _ in range(1200):
        world.step()
        if abs(world.state.position[0, 0, 1] - world.lanes.point_position[0, 1]) > 4.0:
            fastest = max(fastest, world.speed(0))
    assert 1.0 < fastest < 2.5
    assert world.memory.lane[0, 0] == 0 and abs(world.memory.t[0, 0] - world.memory.style[0, 0, LANE_OFFSET]) < 0.2
