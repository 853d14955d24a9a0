"""Lane changes follow the lines: over broken ones only, for the whole way of the change, unless a lane must be left."""

import numpy as np

from simengine.behavior.lane_change.choice import begin_change, nearest_behind
from simengine.behavior.lane_change.lane_ends import has_room_to_change, merging_line
from simengine.behavior.lanes.lane_rules import may_cross, opens_ahead
from simengine.behavior.lanes.occupancy import empty_occupancy, empty_places, look_around, occupy_lanes
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import MarkingType
from tests.behavior.small_world import SmallWorld, straight

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


def test_two_from_both_sides_do_not_take_the_same_place_in_the_middle_lane():
    """One has its edge just over the line, hardly moving sideways yet: the other must mind it as if it were there."""
    world = SmallWorld(straight(3), ["bus", "bus", "sedan"])
    ways = world.rules.ways
    right = next(k for k in range(3) if ways.lane_right[k] < 0)
    middle, left = int(ways.lane_left[right]), int(ways.lane_left[ways.lane_left[right]])
    world.put(0, right, 200.0, 15.0, t=0.5)
    world.put(1, left, 203.0, 15.0)
    world.put(2, left, 240.0, 6.0)  # the second one wants to leave its lane
    world.drives[0, 2] = False
    world.memory.may_change_lane[0, 0] = False
    world.memory.change[0, 1, 3] = 0.3  # time to have found everybody's lane
    world.decide()
    begin_change(ways, world.memory, world.seed, 0, 0, middle, 200.0, -3.0, 4.0)
    for _ in range(160):
        world.step()
        assert world.touching() == (-1, -1)
    assert world.memory.lane[0, 0] == middle


def test_a_follower_on_the_lane_before_a_short_one_is_seen():
    x = [0.0, 300.0, 302.0, 305.0, 600.0]
    drafts = []
    for k in range(4):
        points = np.stack([np.linspace(x[k], x[k + 1], 31), np.zeros(31), np.zeros(31)], axis=1)
        drafts.append(LaneDraft(f"p{k}", points, np.full(31, 3.5), np.zeros(31), successors=[f"p{k + 1}"][: k < 3]))
    network = build_network(drafts)
    at = {str(name): lane for lane, name in enumerate(network.lane_name)}
    world = SmallWorld(network, ["sedan", "sedan"])
    world.put(0, at["p3"], 20.0, 10.0)
    world.put(1, at["p0"], 290.0, 20.0)
    occupancy = empty_occupancy(4, 2)
    places = empty_places(2)
    look_around(
        world.actors.length[0], world.actors.width[0], world.actors.height[0], world.state.valid[0],
        world.state.position[0], world.state.orientation[0], world.state.velocity[0], places,
    )  # fmt: skip
    occupy_lanes(world.rules.ways, world.rules.grid, places, world.actors.mobility[0], occupancy)
    entry, distance = nearest_behind(world.rules.ways, occupancy, at["p3"], 20.0, 0)
    assert occupancy.actor[entry] == 1 and abs(distance - 35.0) < 0.1


def parting(bend: float):
    """Two lanes that lead into a junction, in which the left one bends with a curvature [1/m]."""
    x = np.linspace(0.0, 200.0, 21)
    angle = np.linspace(0.0, 20.0 * bend, 21)
    curve = np.stack([200.0 + np.sin(angle) / bend, 3.5 + (1.0 - np.cos(angle)) / bend, np.zeros(21)], axis=1)
    width, flat = np.full(21, 3.5), np.zeros(21)
    a = LaneDraft("a", np.stack([x, flat, flat], axis=1), width, flat, left="b")
    b = LaneDraft("b", np.stack([x, flat + 3.5, flat], axis=1), width, flat, right="a", successors=["bend"])
    return build_network([a, b, LaneDraft("bend", curve, width, flat, junction=3)])


def test_a_change_is_over_before_a_junction_unless_one_who_creeps_can_take_it_along():
    bent, straight_on = (SmallWorld(parting(k), ["sedan"]).rules.ways for k in (0.1, 0.01))
    assert has_room_to_change(bent, 1, 150.0, 45.0, False, False)
    assert not has_room_to_change(bent, 1, 150.0, 55.0, False, False)
    assert not has_room_to_change(bent, 1, 150.0, 55.0, True, False)
    assert has_room_to_change(straight_on, 1, 150.0, 55.0, True, False)
    assert not has_room_to_change(straight_on, 1, 150.0, 55.0, False, False)
    assert has_room_to_change(bent, 1, 195.0, 12.0, True, True)  # who has waited long at its lane's end


def test_who_must_merge_before_a_junction_stops_where_the_change_still_fits():
    world = SmallWorld(parting(0.1), ["truck"])
    world.put(0, 0, 100.0, 10.0)
    world.decide()
    world.memory.lane[0, 0], world.memory.route[0, 0, 1:] = 0, [0, *[-1] * 10]
    world.memory.s[0, 0] = 100.0
    line = merging_line(world.rules.ways, world.memory, 0, 0, 8.6, 2.5)
    assert line + 100.0 + 0.5 * 8.6 <= 200.0 - 2.5 * 8.6


def test_a_lane_that_tapers_off_inside_a_junction_is_left_there():
    x, flat = np.linspace(0.0, 40.0, 9), np.zeros(9)
    line = np.stack([x, flat, flat], axis=1)
    before, aside = np.array([[-60.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), np.array([0.0, 3.5, 0.0])
    wide, none = np.full(2, 3.5), np.zeros(2)
    taper = LaneDraft("taper", line[:5], np.linspace(3.5, 0.3, 5), flat[:5], junction=3, left="on")
    on = LaneDraft("on", line + aside, np.full(9, 3.5), flat, junction=3, right="taper", successors=["c"])
    a = LaneDraft("a", before, wide, none, left="b", successors=["taper"])
    b = LaneDraft("b", before + aside, wide, none, right="a", successors=["on"])
    beyond = line[[-1, -1]] + aside + [[0.0, 0.0, 0.0], [200.0, 0.0, 0.0]]
    world = SmallWorld(build_network([a, b, taper, on, LaneDraft("c", beyond, wide, none)]), ["sedan"])
    world.put(0, 2, 2.0, 5.0)
    for _ in range(1200):
        world.step()
        if world.state.position[0, 0, 0] > 60.0:
            break
    assert world.state.position[0, 0, 0] > 60.0
