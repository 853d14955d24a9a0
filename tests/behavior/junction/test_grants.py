"""Right of way and the times it is judged by."""

import math

import pytest

from simengine.behavior.driver_state import GRANT_ORDER, GRANTED, empty_memory
from simengine.behavior.junction.path_through import travel_time
from simengine.behavior.junction.right_of_way import PROVISIONAL, QUEUE_SPEED, STALLED, count_waiting, has_way_over
from simengine.road.network.network import LaneType, Turn
from tests.behavior.small_world import SmallWorld, junction

STRAIGHT, LEFT = int(Turn.STRAIGHT), int(Turn.LEFT)


def test_travel_time_is_the_closed_form():
    assert travel_time(-1.0, 5.0, 1.0, 10.0) == 0.0
    assert travel_time(20.0, 10.0, 1.0, 10.0) == pytest.approx(2.0)
    assert travel_time(8.0, 0.0, 1.0, 100.0) == pytest.approx(4.0)
    assert travel_time(50.0 + 30.0, 0.0, 1.0, 10.0) == pytest.approx(10.0 + 3.0)


@pytest.mark.parametrize(
    ("angle", "expected"), [(0.5 * math.pi, True), (-0.5 * math.pi, False), (math.pi, False), (0.0, False)]
)
def test_among_equals_the_one_from_the_right_goes_first(angle, expected):
    assert has_way_over(0, 0, 1, 1, STRAIGHT, STRAIGHT, angle) == expected


def test_signs_come_before_priority_and_priority_before_the_right():
    assert has_way_over(1, 0, 2, 1, STRAIGHT, STRAIGHT, -0.5 * math.pi)
    assert not has_way_over(0, 2, 1, 2, STRAIGHT, STRAIGHT, 0.5 * math.pi)
    assert has_way_over(0, 0, 1, 2, STRAIGHT, STRAIGHT, -0.5 * math.pi)


def test_left_turn_waits_for_oncoming():
    assert has_way_over(0, 0, 1, 1, LEFT, STRAIGHT, math.pi)
    assert not has_way_over(0, 0, 1, 1, STRAIGHT, LEFT, math.pi)
    assert not has_way_over(0, 0, 1, 1, LEFT, LEFT, math.pi)


def test_a_grant_that_is_not_used_is_given_back_at_the_line_too():
    """Who stands a meter before the junction with its way granted holds up everybody else."""
    network = junction(signaled=False)
    world = SmallWorld(network, ["sedan"])
    approach = next(
        k for k in range(len(network.lane_type))
        if network.lane_junction[k] < 0 and network.successor_first[k + 1] > network.successor_first[k]
        and network.lane_type[k] == LaneType.DRIVING
    )  # fmt: skip
    world.put(0, approach, float(world.lanes.lane_length[approach]) - 0.5 * float(world.actors.length[0, 0]) - 0.9, 0.0)
    world.decide()
    assert world.memory.choice[0, 0, GRANTED] >= 0
    world.memory.unused[0, 0] = STALLED + 1.0
    world.memory.choice[0, 0, GRANT_ORDER] = 3  # long ago
    world.decide()
    assert world.memory.choice[0, 0, GRANT_ORDER] != 3


def test_a_grant_after_a_long_wait_is_kept_until_it_could_be_used():
    """Were it taken back at once, whoever was granted second would go first: after each red the same one again."""
    world = SmallWorld(junction(signaled=False), ["truck"])
    approach = straight_ways(world)[0][0]
    end = float(world.lanes.lane_length[approach])
    world.put(0, approach, end - 0.5 * float(world.actors.length[0, 0]) - 1.0, 0.0)
    world.memory.waiting[0, 0] = 3.0 * STALLED
    world.step()
    order = int(world.memory.choice[0, 0, GRANT_ORDER])
    assert world.memory.choice[0, 0, GRANTED] >= 0
    for _ in range(4):
        world.step()
        assert world.memory.choice[0, 0, GRANT_ORDER] == order


@pytest.mark.parametrize(
    ("granted", "order", "speed", "waited"),
    [
        (-1, 0, 0.0, 5.1), (-1, 0, 1.0, 0.0), (2, 7, 1.0, 0.0), (2, PROVISIONAL, 0.0, 5.1), (2, PROVISIONAL, 1.0, 5.0),
        (2, PROVISIONAL, QUEUE_SPEED + 0.1, 0.0), (-1, PROVISIONAL, 1.0, 0.0),
    ],
)  # fmt: skip
def test_one_that_moves_up_while_it_waits_inside_for_oncoming_traffic_still_waits(granted, order, speed, waited):
    memory = empty_memory(1, 1)
    memory.waiting[0, 0] = 5.0
    memory.choice[0, 0, GRANTED], memory.choice[0, 0, GRANT_ORDER] = granted, order
    count_waiting(memory, 0, 0, speed, 0.1)
    assert memory.waiting[0, 0] == pytest.approx(waited)


def straight_ways(world: SmallWorld) -> list[tuple[int, int, int]]:
    """Return approach, lane in the junction and exit of the straight ways, each approach next from the right."""
    network, found = world.network, []
    for inner in range(len(network.lane_turn)):
        if network.lane_junction[inner] >= 0 and network.lane_turn[inner] == STRAIGHT:
            before = int(network.predecessor[network.predecessor_first[inner]])
            found.append((before, inner, int(network.successor[network.successor_first[inner]])))
    heading = [float(network.point_heading[network.lane_first_point[inner]]) for _, inner, _ in found]
    return [found[k] for k in sorted(range(len(found)), key=lambda k: heading[k])]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_those_who_can_no_longer_stop_the_nearer_one_is_granted_his_way_first(order):
    """Two behind each other and one from the right, in any order of slots; the one ahead would wait for the other."""
    world = SmallWorld(junction(signaled=False), ["sedan"] * 3)
    ways = straight_ways(world)
    end = float(world.lanes.lane_length[ways[0][0]])
    for actor, way, front in zip(order, (ways[0], ways[0], ways[1]), (3.0, 9.5, 6.0), strict=True):
        world.put(actor, way[0], end - 0.5 * float(world.actors.length[0, actor]) - front, 13.0)
    world.decide()
    assert (world.memory.choice[0, :, GRANTED] >= 0).all()
    ahead, behind, other = (int(world.memory.choice[0, actor, GRANT_ORDER]) for actor in order)
    assert ahead < other < behind


@pytest.mark.parametrize("gap", [12.0, 20.0, 28.0])
def test_nobody_is_granted_his_way_before_the_one_ahead_of_him(gap):
    """Those granted later would wait for the one behind, and the one ahead for them: nobody would move."""
    world = SmallWorld(junction(signaled=False), ["sedan"] * 3)
    ways = straight_ways(world)
    end = float(world.lanes.lane_length[ways[0][0]])
    world.put(0, ways[0][0], end - 35.0, 9.0)
    world.put(1, ways[0][0], end - 35.0 - gap, 9.0)
    world.put(2, ways[1][0], end - 35.0, 9.0)  # comes from the right
    world.decide()
    for actor, way in enumerate((ways[0], ways[0], ways[1])):
        world.memory.route[0, actor, 2:] = -1
        world.memory.route[0, actor, 2:4] = way[1:]
    refused = False
    while world.time < 30.0 and int(world.memory.lane[0, 1]) != ways[0][2]:
        world.step()
        assert world.touching() == (-1, -1)
        granted = world.memory.choice[0, :2, GRANTED] >= 0
        if int(world.memory.lane[0, 0]) == ways[0][0]:
            refused = refused or not granted[0]
            assert granted[0] or not granted[1]
    assert refused
    assert world.time < 30.0


@pytest.mark.parametrize(("speed", "kept"), [(1.0, True), (0.0, False)])
def test_a_grant_is_kept_while_one_that_goes_first_is_under_way(speed, kept):
    """Were it taken back, those behind that one would have theirs first, one after another."""
    world = SmallWorld(junction(signaled=False), ["sedan", "bus"])
    ways = straight_ways(world)
    end = float(world.lanes.lane_length[ways[0][0]])
    world.put(0, ways[0][0], end - 0.5 * float(world.actors.length[0, 0]) - 1.0, 0.0)
    world.decide()
    junction_ahead = int(world.network.lane_junction[ways[0][1]])
    assert world.memory.choice[0, 0, GRANTED] == junction_ahead
    world.put(1, ways[1][1], 0.5, speed)
    world.memory.choice[0, 1, [GRANTED, GRANT_ORDER]] = (junction_ahead, 2)
    world.memory.choice[0, 0, GRANT_ORDER] = 3
    world.memory.unused[0, 0] = STALLED + 1.0
    world.decide()
    assert (world.memory.choice[0, 0, GRANTED] == junction_ahead) == kept
    if kept:
        assert world.memory.choice[0, 0, GRANT_ORDER] == 3
