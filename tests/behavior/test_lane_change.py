"""Lane changes follow the lines: over broken ones only, for the whole way of the change, unless a lane must be left."""

import numpy as np

from simengine.behavior.rules import may_cross, opens_ahead
from simengine.road.build import build_network
from simengine.road.drafts import LaneDraft
from simengine.road.network import MarkingType
from tests.behavior.small_world import SmallWorld

SOLID, BROKEN = MarkingType.SOLID, MarkingType.BROKEN


def two_lanes(runs, ends=None, length=600.0):
    """Two lanes along x with a line between them of kinds ((from [m], kind), …); lane a ends at `ends`."""
    x = np.arange(0.0, length + 1.0, 10.0)
    kind = np.array([[k for start, k in runs if start <= value][-1] for value in x], np.int32)
    drafts = []
    for name, y in (("a", 0.0), ("b", 3.5)):
        n = len(x) if name == "b" or ends is None else int(ends / 10.0) + 1
        points = np.stack([x[:n], np.full(n, y), np.zeros(n)], axis=1)
        line = {"marking_left" if name == "a" else "marking_right": kind[:n]}
        drafts.append(LaneDraft(name, points, np.full(n, 3.5), np.zeros(n), speed_limit=20.0, **line))
    drafts[0].left, drafts[1].right = "b", "a"
    if ends is not None:
        drafts.append(LaneDraft("c", points[-1] + [[0.0, 0.0, 0.0], [300.0, 0.0, 0.0]], np.full(2, 3.5), np.zeros(2)))
        drafts[1].successors = ["c"]
    return build_network(drafts)


def test_a_line_is_asked_for_the_whole_way():
    ways = SmallWorld(two_lanes([(0.0, BROKEN), (200.0, SOLID), (300.0, BROKEN)]), ["sedan"]).rules.ways
    assert may_cross(ways, 0, 1, 50.0, 200.0) and not may_cross(ways, 0, 1, 50.0, 205.0)
    assert not may_cross(ways, 0, 1, 250.0, 260.0) and may_cross(ways, 0, 1, 300.0, 900.0)
    assert may_cross(ways, 1, -1, 50.0, 200.0) and not may_cross(ways, 1, -1, 190.0, 210.0)
    assert may_cross(ways, 0, -1, 0.0, 600.0)  # nothing is painted on the other side
    assert opens_ahead(ways, 0, 1, 250.0)


def place_of_change(network, speed=20.0, slow=5.0):
    """Return where a driver behind a slow one sets out for the other lane, and where it crosses the line: x [m]."""
    world = SmallWorld(network, ["sedan", "sedan"])
    world.put(0, 0, 20.0, speed)
    world.put(1, 0, 90.0, slow)
    world.drives[0, 1] = False
    begun = crossed = None
    for _ in range(1200):
        world.step()
        x, y = world.state.position[0, 0, :2]
        if world.memory.lane[0, 0] == 1 and begun is None:
            begun = float(x)
        if y > 1.75:
            crossed = float(x)
            break
    return begun, crossed


def test_a_slow_leader_is_overtaken_only_where_the_line_is_broken():
    begun, _ = place_of_change(two_lanes([(0.0, BROKEN)]))
    assert begun is not None and begun < 120.0
    begun, crossed = place_of_change(two_lanes([(0.0, SOLID), (160.0, BROKEN)]))
    assert begun is not None and begun >= 160.0 and crossed >= 160.0
    assert place_of_change(two_lanes([(0.0, SOLID)])) == (None, None)


def test_no_change_is_begun_that_would_end_over_a_solid_line():
    begun, crossed = place_of_change(two_lanes([(0.0, BROKEN), (60.0, SOLID), (250.0, BROKEN)]))
    assert crossed is not None and crossed >= 250.0


def left_at(network):
    """Return where along x a driver leaves a lane that ends [m]."""
    world = SmallWorld(network, ["sedan"])
    world.put(0, 0, 20.0, 15.0)
    for _ in range(1200):
        world.step()
        x, y = world.state.position[0, 0, :2]
        if y > 1.75:
            return float(x)
    return None


def test_a_lane_that_ends_is_left_where_the_line_opens_or_at_need():
    opened = left_at(two_lanes([(0.0, SOLID), (150.0, BROKEN)], ends=200.0))
    assert opened is not None and opened >= 150.0
    closed = left_at(two_lanes([(0.0, SOLID)], ends=200.0))  # nobody may stand there forever
    assert closed is not None
