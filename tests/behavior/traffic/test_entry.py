"""An entry minds vehicles that come: changing lane, turning in, merging, or standing behind a bend."""

import numpy as np
import pytest

from simengine.behavior.driver_state import COMFORTABLE_DECELERATION, MAX_ACCELERATION, MIN_GAP, STYLES, TIME_GAP
from simengine.behavior.lanes.occupancy import LENGTH, SPEED, VX, WIDTH, YAW, X, Y
from simengine.behavior.pedestrian.crosswalk import make_strips
from simengine.behavior.traffic.entry import safe_entry_speed, speed_among_comers
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import Turn
from tests.behavior.lane_change.test_choice import BROKEN, two_lanes
from tests.behavior.small_world import SmallWorld, junction, straight


def enter(world: SmallWorld, lane: int, s: float, speed: float = 10.0) -> float:
    """Return how fast a sedan, the last actor, may appear; the others have decided."""
    places = world_places(world)
    return speed_among_comers(world.lanes, world.memory, places, newcomer(world), lane, s, 4.5, speed)


def newcomer(world: SmallWorld) -> int:
    """The slot that enters; where all are in the world, one that drives like the middling ones of `empty_memory`."""
    return len(world.state.valid[0]) - 1


def world_places(world: SmallWorld):
    from simengine.behavior.lanes.occupancy import empty_places

    places = empty_places(world.state.valid.shape[1])
    places.seen[:] = world.state.valid[0]
    places.pose[:, LENGTH] = world.actors.length[0]
    places.pose[:, SPEED] = [world.speed(a) for a in range(len(places.seen))]
    return places


def change(world: SmallWorld, actor: int, lane: int) -> None:
    """Let an actor be on its way into a lane, its body still on the other one."""
    world.memory.lane[0, actor] = world.memory.route[0, actor, 1] = lane
    world.memory.change[0, actor, 1] = 0.1


@pytest.mark.parametrize(("ahead", "free"), [(6.0, False), (-10.0, False), (-120.0, True)])
def test_somebody_who_changes_onto_the_lane_counts_as_on_it(ahead, free):
    world = SmallWorld(straight(2), ["sedan"])
    world.put(0, 1, 200.0 + ahead, 15.0)
    world.memory.may_change_lane[...] = False
    world.decide()
    assert enter(world, 0, 200.0, 20.0) == 20.0  # as long as it stays where it is
    change(world, 0, 0)
    assert (enter(world, 0, 200.0, 20.0) >= 0.0) is free


def test_somebody_ahead_on_its_way_in_lowers_the_speed():
    world = SmallWorld(straight(2), ["sedan"])
    world.put(0, 1, 216.0, 3.0)
    world.memory.may_change_lane[...] = False
    world.decide()
    change(world, 0, 0)
    assert 0.0 < enter(world, 0, 200.0, 25.0) < 10.0


@pytest.mark.parametrize(("turns", "free"), [(True, False), (False, True)])
def test_somebody_who_turns_into_the_lane_is_waited_for(turns, free):
    network = junction(signaled=False)
    world = SmallWorld(network, ["sedan"])
    inner = int(np.flatnonzero(network.lane_turn == Turn.RIGHT)[0])
    approach = int(network.predecessor[network.predecessor_first[inner]])
    leaving = int(network.successor[network.successor_first[inner]])
    world.put(0, approach, float(world.lanes.lane_length[approach]) - 8.0, 6.0)
    world.decide()
    world.memory.route[0, 0, 2:] = -1
    if turns:
        world.memory.route[0, 0, 2:4] = inner, leaving
    assert (enter(world, leaving, 6.0) >= 0.0) is free


def test_somebody_whose_lane_ends_beside_is_let_in_first():
    network = two_lanes([(0.0, BROKEN)], ends=300.0)
    world = SmallWorld(network, ["sedan"])
    world.put(0, 0, 260.0, 12.0)
    world.decide()
    world.memory.lane[0, 0], world.memory.s[0, 0] = 0, 260.0
    world.memory.route[0, 0] = -1
    world.memory.route[0, 0, 1] = 0
    assert enter(world, 1, 275.0) == -1.0
    assert enter(world, 1, 100.0) > 0.0


def test_a_queue_beyond_the_lanes_end_is_seen():
    network = junction(signaled=False)
    world = SmallWorld(network, ["sedan"])
    inner = int(np.flatnonzero(network.lane_turn == Turn.LEFT)[0])
    approach = int(network.predecessor[network.predecessor_first[inner]])
    world.put(0, inner, 3.0, 0.0)
    world.decide()
    end = float(world.lanes.lane_length[approach])
    assert enter(world, approach, end - 4.0) == -1.0
    assert 0.0 < enter(world, approach, end - 25.0, 13.0) < 10.0


@pytest.mark.parametrize(("ahead", "free"), [(41.0, True), (14.0, False)])
def test_somebody_who_comes_the_other_way_beyond_the_lanes_end_is_on_another_lane(ahead, free):
    x = np.linspace(0.0, 17.0, 18)
    points = np.stack([x, np.zeros(18), np.zeros(18)], axis=1)
    world = SmallWorld(build_network([LaneDraft("a", points, np.full(18, 3.5), np.zeros(18))]), ["sedan"])
    places = world_places(world)
    places.seen[:] = True
    places.pose[0, WIDTH] = 1.8
    places.pose[0, [X, Y, YAW, SPEED, VX]] = ahead, 2.5, np.pi, 9.0, -9.0
    site = np.array([6.0, 0.0, 0.0, 1.0, 0.0, 6.0, 8.0])
    speed = safe_entry_speed(make_strips(world.lanes), places, world.memory.style[0], 0, site, 0, 4.5, 1.8, 8.0)
    assert (speed > 0.0) is free


def styled(**values: float) -> np.ndarray:
    """Styles of two drivers, the one in the world and the newcomer."""
    style = np.zeros((2, STYLES))
    style[:, [TIME_GAP, MIN_GAP, MAX_ACCELERATION, COMFORTABLE_DECELERATION]] = 1.2, 2.0, 1.8, 2.0
    columns = {"gap": TIME_GAP, "room": MIN_GAP, "gains": MAX_ACCELERATION, "brakes": COMFORTABLE_DECELERATION}
    for name, value in values.items():
        style[int(name[-1]), columns[name[:-1]]] = value
    return style


def body_entry(ahead: float, moving: float, style: np.ndarray) -> float:
    """Enter at 10 m/s at x = 100 m, another vehicle so far ahead on the same lane."""
    world = SmallWorld(straight(1), ["sedan", "sedan"])
    places = world_places(world)
    places.seen[:] = True, False
    places.pose[:, WIDTH] = 1.8
    places.pose[0, [X, Y, YAW, SPEED, VX]] = 100.0 + ahead, 0.0, 0.0, moving, moving
    s = 100.0 - float(world.lanes.point_position[0, 0])
    places.pose[0, Y] = y = float(world.lanes.point_position[0, 1])
    site = np.array([100.0, y, 0.0, 1.0, 0.0, s, 10.0])
    return float(safe_entry_speed(make_strips(world.lanes), places, style, 1, site, 0, 4.5, 1.8, 10.0))


def comer_entry(ahead: float, moving: float, style: np.ndarray) -> float:
    """The same as the drivers tell it, from 400 m on."""
    world = SmallWorld(straight(1), ["sedan", "sedan"])
    world.put(0, 0, 400.0 + ahead, moving)
    world.put(1, 0, 900.0, 0.0)
    world.decide()
    world.memory.style[0, :2] = style
    places = world_places(world)
    places.seen[1] = False
    return speed_among_comers(world.lanes, world.memory, places, 1, 0, 400.0, 4.5, 10.0)


@pytest.mark.parametrize("entry", [body_entry, comer_entry])
def test_a_follower_gets_the_gap_that_it_keeps_itself(entry):
    assert entry(-35.0, 10.0, styled(gap0=0.8, gains0=0.01)) > 0.0
    assert entry(-35.0, 10.0, styled(gap0=3.0, gains0=0.01)) == -1.0
    assert entry(-35.0, 10.0, styled(gap1=3.0, gains0=0.01)) > 0.0  # the newcomer's own does not matter behind it


@pytest.mark.parametrize("entry", [body_entry, comer_entry])
def test_a_follower_is_asked_for_the_braking_that_it_likes(entry):
    assert entry(-75.0, 18.0, styled(gap0=0.8, brakes0=4.0, gains0=0.01)) > 0.0
    assert entry(-75.0, 18.0, styled(gap0=0.8, brakes0=1.0, gains0=0.01)) == -1.0


@pytest.mark.parametrize("entry", [body_entry, comer_entry])
def test_a_newcomer_keeps_its_own_gap_ahead(entry):
    assert entry(22.0, 10.0, styled(gap1=0.8)) == 10.0
    slower = entry(22.0, 10.0, styled(gap1=1.6))
    assert slower < 10.0  # or none at all, where it would be much slower than the one ahead
    assert entry(22.0, 10.0, styled(gap0=1.6, gap1=0.8)) == 10.0


def test_a_comer_that_gains_speed_faster_needs_more_room():
    assert comer_entry(-45.0, 6.0, styled(gap0=0.8, gains0=0.8)) > 0.0
    assert comer_entry(-45.0, 6.0, styled(gap0=0.8, gains0=4.0)) == -1.0
