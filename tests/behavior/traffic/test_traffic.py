"""Ordinary drivers keep their lanes, their distance and the rules."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import FROM_LANE, LATERAL_COMFORT, SPEED_CAP, TURN_IN
from simengine.behavior.idm import EXPONENT, equilibrium_speed
from simengine.core.state import Light
from simengine.physics.vehicle.wheels import HOLD_DEMAND
from simengine.road.network.network import SignalColor, Turn
from simengine.road.network.signals import signal_colors
from simengine.road.procedural.kinds import make_street
from tests.behavior.small_world import DT, SmallWorld, junction, lane_pose, ring, straight

MIX = ["sedan", "truck", "compact_car", "van", "suv", "motorcycle", "sedan", "bus"]


def test_mixed_ring_traffic_changes_lanes_and_does_not_collide():
    world = SmallWorld(ring(3, 400.0), [MIX[a % len(MIX)] for a in range(30)])
    for a in range(30):
        world.put(a, a % 3, 40.0 * (a // 3) + 3.0 * (a % 5), 10.0)
    changes = 0
    for _ in range(1200):
        before = world.memory.choice[0, :, FROM_LANE].copy()
        world.step()
        assert world.touching() == (-1, -1)
        changes += int(((before < 0) & (world.memory.choice[0, :, FROM_LANE] >= 0)).sum())
    assert changes > 3
    assert (world.memory.lane[0] >= 0).all()
    assert min(world.speed(a) for a in range(30)) > 3.0


@pytest.mark.parametrize("vehicles", [15, 30])
def test_flow_of_equal_drivers_is_the_closed_form(vehicles):
    world = SmallWorld(ring(1, 1000.0), ["sedan"] * vehicles)
    style = world.memory.style[0]
    style[:] = style[0]
    style[:, SPEED_CAP], style[:, LATERAL_COMFORT], style[:, TURN_IN] = 20.0, 50.0, 10.0  # the bend slows nobody
    circumference = float(world.lanes.lane_length[0])
    spacing = circumference / vehicles
    speed_factor, cap, time_gap, min_gap = (float(v) for v in style[0, :4])
    desired = min(cap, speed_factor * 33.3)
    expected = equilibrium_speed(spacing - world.actors.length[0, 0], desired, time_gap, min_gap, EXPONENT)
    for a in range(vehicles):
        world.put(a, 0, a * spacing, 0.97 * expected)
    start = None
    for step in range(2000):
        world.step()
        if step == 1599:
            start = world.memory.traveled[0].copy()
    mean = float((world.memory.traveled[0] - start).mean()) / (400 * DT)
    assert mean / circumference * vehicles == pytest.approx(expected / circumference * vehicles, rel=0.01)


def test_follower_stops_behind_a_standing_vehicle():
    world = SmallWorld(straight(), ["sedan", "truck"])
    world.put(0, 0, 50.0, 25.0)
    world.put(1, 0, 400.0, 0.0)
    world.drives[0, 1] = False
    for _ in range(900):
        world.step()
        assert world.touching() == (-1, -1)
    assert world.speed(0) < 0.05
    gap = world.memory.s[0, 1] - world.memory.s[0, 0] - 0.5 * (world.actors.length[0, 0] + world.actors.length[0, 1])
    assert 1.0 < gap < 3.0


@pytest.mark.parametrize("friction", [0.1, 0.3])
def test_slippery_road_makes_drivers_brake_within_its_grip(friction):
    world = SmallWorld(straight(), ["sedan", "sedan"], friction=friction)
    world.put(0, 0, 20.0, 15.0)
    world.put(1, 0, 420.0, 0.0)
    world.drives[0, 1] = False
    hardest = 0.0
    for _ in range(1500):
        world.step()
        assert world.touching() == (-1, -1)
        if world.speed(0) > 0.5:
            hardest = min(hardest, float(world.controls.acceleration[0, 0]))
    assert hardest > -0.9 * friction * 9.81 - 1e-9


def test_cut_in_is_answered_the_moment_the_lane_is_overlapped():
    world = SmallWorld(straight(2), ["sedan", "sedan"])
    world.drives[0, 1] = False
    world.put(0, 0, 100.0, 20.0)
    world.put(1, 0, 118.0, 18.0, t=3.5)
    world.decide()
    beside = world.controls.acceleration[0, 0]
    world.put(1, 0, 118.0, 18.0, t=1.9)  # its right side is 1.1 m to the left of the middle of the lane
    world.decide()
    assert world.controls.acceleration[0, 0] < beside - 0.5


def test_slow_leader_is_overtaken_with_the_indicator_on():
    world = SmallWorld(straight(2), ["sedan", "truck"])
    world.drives[0, 1] = False
    world.put(0, 0, 50.0, 25.0)
    world.put(1, 0, 130.0, 12.0)
    lights, offsets = set(), []
    for _ in range(400):
        world.step()
        lights.add(int(world.controls.lights[0, 0]) & (Light.LEFT | Light.RIGHT))
        offsets.append(float(world.memory.t[0, 0]) + 3.5 * int(world.memory.lane[0, 0]))
        assert world.touching() == (-1, -1)
    assert Light.LEFT in lights
    assert max(offsets) > 3.0
    assert np.abs(np.diff(offsets)).max() < 0.1  # sideways smoothly, 2 m/s at most


def test_red_is_stopped_at_and_green_passed():
    network = junction(signaled=True)
    world = SmallWorld(network, ["sedan", "compact_car"])
    approach = [int(lane) for lane in network.stop_lane[:2]]  # two streets, of which one has red
    colors = signal_colors(network, 0.0)[network.stop_signal[:2]]
    assert SignalColor.RED in colors or SignalColor.GREEN in colors
    for a in range(2):
        world.put(a, approach[a], 30.0, 12.0)
    while world.time < 17.0:
        now = signal_colors(network, world.time)[network.stop_signal[:2]]
        ahead = network.stop_s[:2] - world.memory.s[0] - 0.5 * world.actors.length[0]
        on_approach = world.memory.lane[0] == approach
        world.step()
        after = network.stop_s[:2] - world.memory.s[0] - 0.5 * world.actors.length[0]
        crossed = on_approach & (ahead >= 0.0) & ((after < 0.0) | (world.memory.lane[0] != approach))
        assert not (crossed & (now == SignalColor.RED)).any()
    green = int(np.argmax(colors == SignalColor.GREEN))
    assert world.memory.lane[0, green] != approach[green]
    assert world.memory.lane[0, 1 - green] == approach[1 - green]
    assert world.speed(1 - green) < 0.1


def test_amber_is_passed_only_by_those_who_cannot_stop_comfortably():
    network = junction(signaled=True)
    world = SmallWorld(network, ["sedan"])
    line = int(np.argmax(signal_colors(network, 0.0)[network.stop_signal] == SignalColor.GREEN))
    lane, stop = int(network.stop_lane[line]), float(network.stop_s[line])
    for ahead, passes in ((12.0, True), (60.0, False)):
        world.memory.lane[0, 0] = -1
        world.memory.choice[0, 0, 2:] = -1
        world.put(0, lane, stop - ahead - 0.5 * world.actors.length[0, 0], 12.0)
        world.time = 20.5  # half a second into amber
        for _ in range(60):
            world.step()
        assert (world.memory.lane[0, 0] != lane) == passes


@pytest.mark.parametrize("across", [1.0, 2.2])  # in the lane; at the curb, 0.45 m beyond it
def test_person_on_or_at_the_crossing_is_waited_for(across):
    network = straight(crossing=200.0, length=200.0)
    world = SmallWorld(network, ["sedan", "pedestrian"])
    world.drives[0, 1] = False
    world.put(0, 0, 20.0, 12.0)
    world.put(1, 0, float(network.crossing_s[0]), 0.0, t=across)
    world.state.velocity[0, 1] = 0.0
    waited = 0.0
    for _ in range(400):
        world.step()
        assert world.touching() == (-1, -1)
        waited += DT * (world.speed(0) < 0.1)
        if world.speed(0) < 0.1:
            front = world.state.position[0, 0, 0] + 0.5 * world.actors.length[0, 0]
            assert front < network.crossing_start[0, 0] - 0.5 * network.crossing_width[0]
    if across == 1.0:
        assert world.speed(0) < 0.1
        world.state.valid[0, 1] = False
        for _ in range(200):
            world.step()
    else:  # who does not go is not waited for for ever
        assert 5.0 < waited < 8.0
    assert world.speed(0) > 5.0


def test_person_who_walks_past_a_crossing_is_not_waited_for():
    network = straight(crossing=200.0, length=200.0)
    world = SmallWorld(network, ["sedan", "pedestrian"])
    world.drives[0, 1] = False
    world.put(0, 0, 60.0, 12.0)
    world.put(1, 0, float(network.crossing_s[0]) - 4.0, 0.0, t=2.4)
    world.state.velocity[0, 1] = (1.3, 0.0, 0.0)
    for _ in range(100):
        world.step()
    assert world.state.position[0, 0, 0] > 115.0
    assert world.speed(0) > 11.0


def test_person_who_will_have_crossed_later_is_not_braked_for():
    world = SmallWorld(straight(), ["sedan", "pedestrian"])
    world.drives[0, 1] = False
    world.put(0, 0, 100.0, 15.0)
    world.decide()
    free = float(world.controls.acceleration[0, 0])
    world.put(1, 0, 110.0, 0.0, t=4.5)  # beside the bonnet soon: the car is past before it arrives
    world.state.velocity[0, 1] = (0.0, -1.0, 0.0)
    world.decide()
    assert world.controls.acceleration[0, 0] == pytest.approx(free, abs=0.05)
    world.put(1, 0, 140.0, 0.0, t=4.5)
    world.state.velocity[0, 1] = (0.0, -1.5, 0.0)
    world.decide()
    assert world.controls.acceleration[0, 0] < free - 0.5


def test_four_way_traffic_passes_an_unsignaled_junction_without_touching():
    world = SmallWorld(junction(signaled=False), ["sedan"] * 8)
    entries = [
        lane
        for lane in range(len(world.lanes.lane_length))
        if world.rules.ways.lane_type[lane] == 0
        and world.lanes.predecessor_first[lane] == world.lanes.predecessor_first[lane + 1]
    ]
    assert len(entries) == 4
    for a in range(8):
        world.put(a, entries[a % 4], 20.0 + 15.0 * (a // 4), 9.0)
    through = set()
    for _ in range(1200):
        world.step()
        assert world.touching() == (-1, -1)
        for a in np.flatnonzero(world.state.valid[0]).tolist():
            lane = int(world.memory.lane[0, a])
            leads_on = world.lanes.successor_first[lane] < world.lanes.successor_first[lane + 1]
            if not leads_on and world.memory.s[0, a] > world.lanes.lane_length[lane] - 10.0:
                through.add(a)
                world.state.valid[0, a] = False
    assert through == set(range(8))


def test_who_stands_in_the_junction_without_having_asked_does_not_hold_up_the_others():
    world = SmallWorld(junction(signaled=False), ["sedan", "sedan"])
    lanes = world.lanes
    entries = [
        lane
        for lane in range(len(lanes.lane_length))
        if world.rules.ways.lane_type[lane] == 0 and lanes.predecessor_first[lane] == lanes.predecessor_first[lane + 1]
    ]
    stander, driver = (
        entries[0],
        next(
            lane
            for lane in entries[1:]
            if abs(math.sin(lane_pose(lanes, lane, 50.0, 0.0)[3] - lane_pose(lanes, entries[0], 50.0, 0.0)[3])) > 0.9
        ),
    )
    world.put(0, stander, lanes.lane_length[stander] - 1.0, 0.0)
    world.put(1, driver, lanes.lane_length[driver] - 4.0, 0.0)
    world.drives[0, 0] = world.obeys[0, 0] = False
    world.decide()
    for actor, entry in ((0, stander), (1, driver)):
        successors = lanes.successor[lanes.successor_first[entry] : lanes.successor_first[entry + 1]]
        inner = next(int(lane) for lane in successors if lanes.lane_turn[lane] == Turn.STRAIGHT)
        world.memory.route[0, actor, 2:] = -1
        world.memory.route[0, actor, 2:4] = inner, lanes.successor[lanes.successor_first[inner]]
    while world.time < 20.0 and world.memory.lane[0, 1] == driver:
        world.step()
        assert world.touching() == (-1, -1)
    assert 4.0 < world.time < 10.0


def test_left_turn_yields_to_oncoming_traffic():
    network = junction(signaled=True)
    world = SmallWorld(network, ["sedan", "sedan"])
    green = np.flatnonzero(signal_colors(network, 0.0)[network.stop_signal] == SignalColor.GREEN)
    approach = [int(network.stop_lane[line]) for line in green[:2]]
    for a in range(2):
        world.put(a, approach[a], 40.0, 11.0)
    world.decide()
    for a, turn in ((0, Turn.LEFT), (1, Turn.STRAIGHT)):
        first, end = world.lanes.successor_first[approach[a] : approach[a] + 2]
        inner = next(int(lane) for lane in world.lanes.successor[first:end] if world.lanes.lane_turn[lane] == turn)
        world.memory.route[0, a, 2:] = -1
        world.memory.route[0, a, 2] = inner
        world.memory.route[0, a, 3] = world.lanes.successor[world.lanes.successor_first[inner]]
    through = [math.inf, math.inf]
    while world.time < 18.0:
        world.step()
        assert world.touching() == (-1, -1)
        for a in range(2):
            lane = int(world.memory.lane[0, a])
            if through[a] == math.inf and lane not in approach and world.lanes.lane_junction[lane] < 0:
                through[a] = world.time
    assert through[1] < through[0] < math.inf


@pytest.mark.parametrize("behind", [0.0, 6.0, 12.0, 18.0, 24.0, 30.0])
def test_a_truck_that_turns_left_and_an_oncoming_car_both_get_through(behind):
    network = junction(signaled=True)
    world = SmallWorld(network, ["truck", "sedan"])
    green = np.flatnonzero(signal_colors(network, 0.0)[network.stop_signal] == SignalColor.GREEN)
    approach = [int(network.stop_lane[line]) for line in green[:2]]
    world.put(0, approach[0], 80.0, 5.5)
    world.put(1, approach[1], 70.0 - behind, 11.0)
    world.decide()
    for a, turn in ((0, Turn.LEFT), (1, Turn.STRAIGHT)):
        first, end = world.lanes.successor_first[approach[a] : approach[a] + 2]
        inner = next(int(lane) for lane in world.lanes.successor[first:end] if world.lanes.lane_turn[lane] == turn)
        world.memory.route[0, a, 2:] = -1
        world.memory.route[0, a, 2:4] = inner, world.lanes.successor[world.lanes.successor_first[inner]]
    through = [False, False]
    while world.time < 40.0 and not all(through):
        world.step()
        assert world.touching() == (-1, -1)
        for a in range(2):
            lane = int(world.memory.lane[0, a])
            through[a] = through[a] or (lane not in approach and world.lanes.lane_junction[lane] < 0)
    assert all(through)


def test_rerun_gives_the_same_bits():
    def run() -> np.ndarray:
        world = SmallWorld(ring(2, 300.0), ["sedan", "truck", "van", "suv"] * 3)
        for a in range(12):
            world.put(a, a % 2, 48.0 * (a // 2), 9.0)
        for _ in range(200):
            world.step()
        return world.state.position.copy()

    assert (run() == run()).all()


def test_a_driver_who_wants_to_go_releases_the_brakes_on_a_steep_way_down():
    network = make_street(
        length=300.0, curvature=0.0, lanes_forward=1, lanes_backward=0, lane_width=3.5, shoulder_width=0.0,
        pavement_width=0.0, parking_width=0.0, crossing_spacing=0.0, speed_limit=13.9, grade=-0.25, ring=False,
    )  # fmt: skip
    world = SmallWorld(network, ["truck", "sedan"])
    world.put(0, 0, 50.0, 0.0)
    world.put(1, 0, 150.0, 0.0)
    world.decide()
    assert (world.controls.acceleration[0] > HOLD_DEMAND).all()
