"""A vehicle that cannot go on is taken out, out of the ego's sight, the one that holds up the others first."""

import math

import pytest

from simengine.behavior.driver_state import empty_memory
from simengine.behavior.traffic import removal
from simengine.behavior.traffic.removal import (
    Standstill,
    begin_wreckage,
    find_removals,
    find_standstills,
    is_out_of_sight,
    standstill_remarks,
)
from simengine.core.state import Behavior, empty_actors, empty_state
from simengine.physics.vehicle.catalog import fill_actor

WALL = ((200.0, 0.0, 5.0), 0.3, (2.0, 60.0, 10.0))  # across the way from the ego, 200 m ahead
LOW_WALL = ((200.0, 0.0, 0.3), 0.3, (2.0, 60.0, 0.6))


def make(places, boxes=(), cycle=0.0):
    """The ego at the origin, and cars along x at `places`, heading along x."""
    count = len(places) + 1
    actors, state, memory = empty_actors(1, count), empty_state(1, count), empty_memory(1, count)
    for a in range(count):
        fill_actor(actors, 0, a, "sedan", (0.5, 0.5, 0.5))
        state.position[0, a] = (places[a - 1] if a else 0.0, 0.0, 0.7)
    actors.behavior[0, 1:] = Behavior.TRAFFIC
    state.valid[:], memory.lane[:] = True, 0
    may_go = actors.behavior[0] == Behavior.TRAFFIC
    return actors, state, memory, begin_wreckage(actors, may_go, boxes, cycle)


def run(world, until, start=0.0):
    """Let time pass and take out who is to be; returns all of it."""
    actors, state, memory, wreckage = world
    found = []
    for k in range(round(start / 0.5), round(until / 0.5) + 1):
        for item in find_removals(wreckage, actors, state, memory, 0.5 * k):
            state.valid[0, item.slot] = False
            found.append(item)
    return found


def test_one_that_stands_for_long_far_away_is_taken_out_and_told():
    world = make([300.0])
    assert run(world, 59.0) == []
    (found,) = run(world, 62.0, 59.5)
    assert (found.actor, found.reason, found.position[0]) == (1, "standing", 300.0)
    assert (found.since_ns, found.time_ns) == (0, round(60e9))


def test_one_that_comes_farther_in_time_is_left():
    world = make([300.0])
    assert run(world, 50.0) == []
    world[1].position[0, 1, 0] += 6.0
    assert run(world, 105.0, 50.5) == []


def test_signals_with_long_cycles_are_waited_for():
    world = make([300.0], cycle=80.0)
    assert run(world, 119.0) == []
    assert len(run(world, 121.0, 119.5)) == 1


def wall(x, y, width, bottom=0.0, top=10.0):
    """A wall across the way from the ego."""
    return ((x, y, 0.5 * (bottom + top)), 0.0, (1.0, width, top - bottom))


# Seen from (0, 0) at about 1.4 m, the car at 240 m: posts that hide the corners and leave the middle between, beams
# before roof and floor with its side between; walls side by side that hide it together.
POSTS = (wall(235.0, -1.3, 1.6), wall(235.0, 1.3, 1.6))
BEAMS = (wall(230.0, 0.0, 60.0, 0.0, 0.5), wall(230.0, 0.0, 60.0, 1.0, 3.0))
HALVES = (wall(220.0, -5.0, 10.0), wall(220.0, 5.0, 10.0))


@pytest.mark.parametrize(
    ("x", "boxes", "hidden"),
    [
        (240.0, (), False), (240.0, (WALL,), True), (240.0, (LOW_WALL,), False), (190.0, (WALL,), False),
        (260.0, (), True), (50.0, (WALL,), False), (240.0, POSTS, False), (240.0, BEAMS, False),
        (240.0, HALVES, True), (240.0, HALVES[:1], False),
    ],
)  # fmt: skip
def test_nobody_goes_where_the_ego_sees_it(x, boxes, hidden):
    actors, state, memory, wreckage = world = make([x], boxes)
    assert is_out_of_sight(wreckage, actors, state, 1) is hidden
    assert bool(run(world, 70.0)) is hidden


def test_an_overturned_one_goes_sooner_and_one_beside_the_road_too():
    world = make([300.0, 400.0])
    world[1].orientation[0, 1] = (math.cos(0.25 * math.pi), math.sin(0.25 * math.pi), 0.0, 0.0)  # on its side
    world[2].lane[0, 2] = -1
    found = [(item.actor, item.reason, item.time_ns) for item in run(world, 30.0)]
    assert found == [
        (1, "overturned", round(1e9 * removal.LYING)), (2, "off_road", round(1e9 * removal.BESIDE)),
    ]  # fmt: skip


def test_of_a_queue_the_first_goes_and_the_others_get_their_time():
    world = make([300.0, 306.0, 312.0])
    found = run(world, 79.0)
    assert [item.actor for item in found] == [3, 2]  # the first of the queue, and the next after it had its chance
    assert found[1].time_ns - found[0].time_ns >= removal.RELIEF * 1e9


def test_a_queue_behind_one_in_view_or_behind_the_ego_stays():
    toward = make([252.0, 246.0])  # the first of the queue is nearer to the ego, and in view
    toward[1].orientation[0, 1:] = (0.0, 0.0, 0.0, 1.0)
    assert run(toward, 90.0) == []
    world = make([300.0, 306.0])
    world[3].may_go[2] = False  # no ordinary vehicle: the scenario's own
    assert run(world, 90.0) == []


def test_of_a_circle_one_goes():
    world = make([300.0, 300.0, 300.0, 300.0])
    corners = [(-1.5, -3.0, 0.0), (3.0, -1.5, 0.5), (1.5, 3.0, 1.0), (-3.0, 1.5, -0.5)]  # each right before the next
    for a, (x, y, yaw) in enumerate(corners, start=1):
        world[1].position[0, a, :2] = (300.0 + x, y)
        world[1].orientation[0, a] = (math.cos(0.5 * yaw * math.pi), 0.0, 0.0, math.sin(0.5 * yaw * math.pi))
    assert len(run(world, 65.0)) == 1


def test_another_vehicle_in_the_same_slot_begins_anew():
    world = make([300.0])
    assert run(world, 50.0) == []
    world[1].identity[0, 1] = 7
    assert run(world, 100.0, 50.5) == []
    assert [item.actor for item in run(world, 120.0, 100.5)] == [7]


def test_one_that_stands_for_long_in_view_is_told_from_when_it_came_no_farther():
    world = make([30.0, 300.0])
    assert run(world, 19.0) == []
    world[1].position[0, 1:, 0] += 6.0
    run(world, 78.0, 19.5)
    assert find_standstills(world[3], 78.0) == []  # 58.5 s
    assert [item.actor for item in run(world, 95.0, 78.5)] == [2]  # which is told as taken out
    told = find_standstills(world[3], 95.0)
    assert told == [Standstill(1, round(20e9), round(95e9))]
    assert "1 ordinary vehicle came no farther" in standstill_remarks(told)[0]
    world[1].position[0, 1, 0] += 6.0
    run(world, 150.0, 95.5)
    assert find_standstills(world[3], 150.0) == [Standstill(1, round(20e9), round(96e9))]


def test_nothing_is_said_of_traffic_that_goes_on_or_of_others_than_ordinary_vehicles():
    world = make([30.0, 36.0])
    world[3].may_go[2] = False
    for k in range(20):
        world[1].position[0, 1, 0] += 6.0
        run(world, 10.0 * k + 9.5, 10.0 * k)
    assert find_standstills(world[3], 200.0) == []
    assert standstill_remarks([]) == []
