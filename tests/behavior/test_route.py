"""Where a driver is on its route, also where lanes meet at an angle."""

import numpy as np

from simengine.behavior.route import has_cut_corner
from simengine.road.build import build_network
from simengine.road.drafts import LaneDraft
from tests.behavior.small_world import SmallWorld


def corner(angle=0.5 * np.pi):
    """A lane along x whose successor leaves it to the left at an angle [rad]."""
    x, flat, width = np.linspace(0.0, 50.0, 51), np.zeros(51), np.full(51, 3.5)
    a = LaneDraft("a", np.stack([x, flat, flat], axis=1), width, flat, successors=["b"])
    b = LaneDraft("b", np.stack([50.0 + x * np.cos(angle), x * np.sin(angle), flat], axis=1), width, flat)
    return build_network([a, b])


def test_one_that_cuts_a_corner_is_on_the_next_lane():
    ways = SmallWorld(corner(), ["sedan"]).rules.ways
    assert has_cut_corner(ways, 0, 1, 49.0, 4.0, 49.0, 4.0)
    assert not has_cut_corner(ways, 0, 1, 49.0, 1.0, 49.0, 1.0)  # still on its lane
    assert not has_cut_corner(ways, 0, 1, 30.0, 4.0, 30.0, 4.0)  # too early: it is beside its lane
    assert not has_cut_corner(ways, 0, 1, 49.0, -4.0, 49.0, -4.0)  # on the wrong side


def test_a_car_slows_for_lanes_that_meet_at_an_angle_and_stays_by_them():
    world = SmallWorld(corner(np.radians(30.0)), ["sedan"])
    world.put(0, 0, 20.0, 5.0)
    lanes, aside = [], []
    for _ in range(400):
        world.step()
        lanes.append(int(world.memory.lane[0, 0]))
        aside.append(abs(float(world.memory.t[0, 0])))
        if lanes[-1] == 1 and world.memory.s[0, 0] > 25.0:
            break
    assert set(lanes) == {0, 1} and lanes[-1] == 1
    assert max(aside) < 3.5
