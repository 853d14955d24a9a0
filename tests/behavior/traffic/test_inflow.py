"""Vehicles that leave and come in: their number, their distance from everybody, and what is reset."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import COUNTER, GRANTED, PROGRESS, DriverMemory, empty_memory
from simengine.behavior.traffic.inflow import CLOSEST, OUT_LEAST, begin_inflow, refill
from simengine.core.space.geometry import boxes_gap, yaw_from_quaternion
from simengine.core.state import ActorTable, Behavior, WorldState, empty_actors, empty_state
from simengine.physics.vehicle.catalog import fill_actor
from simengine.road.network.network import LaneArrays, LaneType, lane_arrays
from simengine.road.procedural.kinds import make_street

DT, TICKS = 0.25, 30  # of a control step [s], and ticks in it
LENGTH, FREE_SPEED, VEHICLES = 400.0, 12.0, 24


def make_traffic(length: float = LENGTH, radius: float = 400.0, seed: int = 5):
    """Two lanes each way, the ego beside the middle of the road, vehicles spread over all lanes."""
    network = make_street(
        length=length, curvature=0.0, lanes_forward=2, lanes_backward=2, lane_width=3.5, shoulder_width=0.0,
        pavement_width=0.0, parking_width=0.0, crossing_spacing=0.0, speed_limit=13.9, grade=0.0, ring=False,
    )  # fmt: skip
    lanes = lane_arrays(network)
    actors, state, memory = empty_actors(1, VEHICLES + 2), empty_state(1, VEHICLES + 2), empty_memory(1, VEHICLES + 2)
    driving = np.flatnonzero(lanes.lane_type == LaneType.DRIVING)
    for a in range(VEHICLES + 2):
        fill_actor(actors, 0, a, "truck" if a % 6 == 5 else "sedan", (0.5, 0.5, 0.5))
        actors.behavior[0, a] = Behavior.TRAFFIC if a else Behavior.EGO
        memory.lane[0, a] = driving[a % 4]
        memory.s[0, a] = 0.5 * length - 200.0 + 15.0 + 60.0 * (a // 4) + 14.0 * (a % 4)
        place(lanes, state, memory, a, 10.0)
    state.position[0, 0] = (0.5 * length, -12.0, 0.7)
    state.orientation[0, 0] = (1.0, 0.0, 0.0, 0.0)
    state.velocity[0, 0], memory.lane[0, 0] = 0.0, -1
    state.valid[0] = True
    state.valid[0, -1] = False  # a scripted one that has yet to appear
    stays = np.zeros(VEHICLES + 2, np.bool_)
    return lanes, actors, state, memory, begin_inflow(lanes, actors, state, radius, np.uint64(seed), stays, 0.75)


def place(lanes: LaneArrays, state: WorldState, memory: DriverMemory, a: int, speed: float) -> None:
    first = lanes.lane_first_point[memory.lane[0, a]]
    x, y, _ = lanes.point_position[first].tolist()
    c = float(lanes.point_tangent[first, 0])  # 1 or −1: the road runs along x
    state.position[0, a, 0], state.position[0, a, 1] = x + memory.s[0, a] * c, y
    state.orientation[0, a, 0], state.orientation[0, a, 3] = float(c > 0.0), float(c < 0.0)
    state.velocity[0, a, 0], state.velocity[0, a, 1] = speed * c, 0.0


def drive(lanes: LaneArrays, actors: ActorTable, state: WorldState, memory: DriverMemory) -> None:
    """Move everybody along its lane, 1 s behind the one ahead; who has just come in looks where it is."""
    driving = np.flatnonzero(lanes.lane_type == LaneType.DRIVING)
    for a in range(1, VEHICLES + 1):
        if state.valid[0, a] and memory.lane[0, a] < 0:
            side = [abs(state.position[0, a, 1] - lanes.point_position[lanes.lane_first_point[k], 1]) for k in driving]
            memory.lane[0, a] = driving[int(np.argmin(side))]
            first = lanes.lane_first_point[memory.lane[0, a]]
            memory.s[0, a] = abs(state.position[0, a, 0] - lanes.point_position[first, 0])
    for lane in driving:
        on = [a for a in range(1, VEHICLES + 1) if state.valid[0, a] and memory.lane[0, a] == lane]
        rear = math.inf
        for a in sorted(on, key=lambda a: -memory.s[0, a]):
            gap = rear - memory.s[0, a] - 0.5 * actors.length[0, a]
            speed = max(0.0, min(FREE_SPEED, gap - 2.0))
            memory.s[0, a] += speed * DT
            rear = memory.s[0, a] - 0.5 * actors.length[0, a]
            place(lanes, state, memory, a, speed)
    state.tick[:] += TICKS


def overlaps(actors: ActorTable, state: WorldState, a: int) -> bool:
    def box(b: int) -> tuple[float, ...]:
        x, y, _ = state.position[0, b]
        return x, y, yaw_from_quaternion(*state.orientation[0, b]), actors.length[0, b], actors.width[0, b]

    others = [b for b in range(VEHICLES + 2) if b != a and state.valid[0, b]]
    return any(boxes_gap(*box(a), *box(b)) < 0.0 for b in others)


def test_the_number_of_vehicles_stays_and_nobody_appears_in_anybody_or_near_the_ego():
    lanes, actors, state, memory, inflow = make_traffic()
    counts, entries, lanes_used = [], 0, set()
    for k in range(1200):
        before = state.valid.copy()
        state = refill(inflow, actors, state, memory, k * DT)
        for a in np.flatnonzero(state.valid[0] & ~before[0]):
            entries += 1
            lanes_used.add(round(float(state.position[0, a, 1]), 2))
            assert not overlaps(actors, state, a)
            assert np.hypot(*(state.position[0, a, :2] - state.position[0, 0, :2])) >= CLOSEST
            assert 3.0 <= np.hypot(*state.velocity[0, a, :2]) <= 13.9
            assert memory.lane[0, a] == -1
        state = state._replace(valid=state.valid.copy())
        drive(lanes, actors, state, memory)
        counts.append(state.valid[0, 1:-1].sum())
        assert not state.valid[0, -1]
    assert min(counts) >= 0.85 * VEHICLES and max(counts) <= VEHICLES
    assert entries > 150  # 300 s at 12 m/s over 400 m: everybody leaves about eight times
    assert len(lanes_used) == 4


def test_a_vehicle_far_behind_comes_in_again_around_the_ego_out_of_close_view():
    lanes, actors, state, memory, inflow = make_traffic(length=3000.0, radius=200.0)
    memory.s[0, 1] = 100.0
    place(lanes, state, memory, 1, 10.0)
    state = refill(inflow, actors, state, memory, 0.0)
    assert not state.valid[0, 1] and state.valid[0, 2]
    for k in range(50):
        state.tick[:] += TICKS
        state = refill(inflow, actors, state, memory, (k + 1) * DT)
    assert state.valid[0, 1]
    distance = np.hypot(*(state.position[0, 1, :2] - state.position[0, 0, :2]))
    assert 0.9 * 200.0 <= distance <= 1.3 * 200.0


@pytest.mark.parametrize("junction", [-1, 0])
def test_a_vehicle_leaves_where_its_lane_leads_nowhere_in_a_junction_too(junction):
    lanes, actors, state, memory, _ = make_traffic()
    lanes = lanes._replace(lane_junction=np.full_like(lanes.lane_junction, junction))
    inflow = begin_inflow(lanes, actors, state, 400.0, np.uint64(5), np.zeros(len(state.valid[0]), np.bool_), 0.75)
    lane = memory.lane[0, 1]
    assert lanes.successor_first[lane] == lanes.successor_first[lane + 1]
    memory.s[0, 1] = lanes.lane_length[lane] + 0.1
    state = refill(inflow, actors, state, memory, 0.0)
    assert not state.valid[0, 1] and state.valid[0, 2]


def test_a_driver_who_leaves_begins_anew_but_draws_on():
    lanes, actors, state, memory, inflow = make_traffic()
    memory.s[0, 3] = LENGTH + 0.1
    memory.choice[0, 3, COUNTER], memory.choice[0, 3, GRANTED] = 7, 0
    memory.change[0, 3, PROGRESS] = 0.4
    after = refill(inflow, actors, state, memory, 0.0)
    assert state.valid[0, 3] and not after.valid[0, 3]  # a copy
    assert memory.lane[0, 3] == -1 and (memory.route[0, 3] == -1).all()
    assert memory.choice[0, 3, COUNTER] == 7 and memory.choice[0, 3, GRANTED] == -1
    assert memory.change[0, 3, PROGRESS] == 1.0


@pytest.mark.parametrize("demand", [0.0, 450.0])
def test_an_id_is_of_one_vehicle_in_one_stretch_of_time_and_goes_no_farther_than_it_drives(demand: float):
    lanes, actors, state, memory, inflow = make_traffic()
    if demand:
        state.valid[0, 1:-1] = False
        stays = np.arange(VEHICLES + 2) == VEHICLES + 1
        inflow = begin_inflow(lanes, actors, state, 400.0, np.uint64(5), stays, 0.75, demand=demand)
    last: dict[int, tuple[int, int, np.ndarray]] = {}
    for k in range(1200):
        state = refill(inflow, actors, state, memory, k * DT)
        for a in np.flatnonzero(state.valid[0]).tolist():
            who, place_now = int(state.identity[0, a]), state.position[0, a].copy()
            if who in last:
                slot, seen, place_then = last[who]
                assert (slot, seen) == (a, k - 1)  # the same kind and size, and never again after it has left
                assert np.hypot(*(place_now - place_then)[:2]) < 1.1 * FREE_SPEED * DT
            last[who] = (a, k, place_now)
        state = state._replace(valid=state.valid.copy())
        drive(lanes, actors, state, memory)
    assert len(last) > 120
    assert sorted(last)[: VEHICLES + 1] == [*range(VEHICLES + 1)]  # slots first, then on after the one that stays
    assert sorted(last)[VEHICLES + 1 :] == [*range(VEHICLES + 2, len(last) + 1)]


def test_a_vehicle_is_out_for_longer_than_a_sweep_before_another_takes_its_place():
    _, actors, state, memory, inflow = make_traffic()
    memory.s[0, 1:9] = LENGTH + 1.0
    state = refill(inflow, actors, state, memory, 10.0)
    assert refill(inflow, actors, state, memory, 10.0 + OUT_LEAST - 0.05).valid.sum() == state.valid.sum()
    assert refill(inflow, actors, state, memory, 10.0 + OUT_LEAST + 0.05).valid.sum() > state.valid.sum()


def test_another_driver_in_the_slot_errs_by_itself():
    lanes, actors, state, memory, inflow = make_traffic()
    memory.lane[0, 1:9], memory.noise[0] = -1, 5.0
    state.position[0, 1:9, 0] += 5000.0
    drawn = []
    for k in range(400):
        before = state
        state = refill(inflow, actors, state, memory, 10.0 * k)
        state.tick[0] += TICKS
        came = np.flatnonzero(state.valid[0] & ~before.valid[0]).tolist()
        drawn += memory.noise[0, came].tolist()
    assert len(drawn) >= 2 and len(set(drawn)) == len(drawn)
    assert all(abs(value) < 4.5 for value in drawn)  # of a standard normal, not what the last driver left
    assert (memory.noise[0, 9:] == 5.0).all()


def test_nothing_is_copied_when_nothing_changes():
    lanes, actors, state, memory, inflow = make_traffic()
    assert refill(inflow, actors, state, memory, 0.0) is state


@pytest.mark.parametrize("other", [5, 6])
def test_where_vehicles_enter_depends_on_the_seed_and_the_tick_alone(other: int):
    def first_entry(seed: int, calls: int) -> np.ndarray:
        _, actors, state, memory, inflow = make_traffic(seed=seed)
        memory.s[0, 1:9] = LENGTH + 1.0
        state = refill(inflow, actors, state, memory, 0.0)
        for _ in range(calls):
            assert refill(begin_copy(inflow), actors, state, memory, 1.0).valid.sum() >= state.valid.sum()
        state.tick[:] = 240
        return refill(inflow, actors, state, memory, 2.0).position

    def begin_copy(inflow):
        return inflow._replace(outside=inflow.outside.copy())

    assert (first_entry(5, 0) == first_entry(other, 3)).all() == (other == 5)


def test_vehicles_come_in_at_the_rate_asked_for_and_only_where_lanes_begin():
    lanes, actors, state, memory, _ = make_traffic()
    state.valid[0, 1:-1] = False  # all wait outside
    stays = np.arange(VEHICLES + 2) == VEHICLES + 1
    inflow = begin_inflow(lanes, actors, state, 400.0, np.uint64(5), stays, 0.75, demand=450.0)
    begins = inflow.site[inflow.begins]
    assert len(begins) == 4
    for k in range(4800):  # 20 min
        before = state.valid.copy()
        state = refill(inflow, actors, state, memory, k * DT)
        for a in np.flatnonzero(state.valid[0] & ~before[0]):
            assert not overlaps(actors, state, a)
            assert np.hypot(*(begins[:, :2] - state.position[0, a, :2]).T).min() < 1e-9
        state = state._replace(valid=state.valid.copy())
        drive(lanes, actors, state, memory)
    assert (inflow.admitted <= inflow.arrived).all()
    assert not inflow.arrived[~inflow.begins].any()
    assert 600 - 3.0 * 600**0.5 < inflow.arrived.sum() < 600 + 3.0 * 600**0.5
    assert (inflow.admitted[inflow.begins] > 0.9 * inflow.arrived[inflow.begins]).all()


def test_who_finds_no_room_waits_until_there_is():
    lanes, actors, state, memory, _ = make_traffic()
    stays = np.zeros(VEHICLES + 2, np.bool_)
    inflow = begin_inflow(lanes, actors, state, 400.0, np.uint64(5), stays, 0.75, demand=2500.0)
    inflow.due[inflow.begins] = 0.0
    state.valid[0, 1:-1] = False
    blocked = inflow.site[np.flatnonzero(inflow.begins)[0]]
    memory.lane[0, 1], memory.s[0, 1] = inflow.site_lane[np.flatnonzero(inflow.begins)[0]], 10.0
    place(lanes, state, memory, 1, 0.0)
    state.valid[0, 1] = True
    inflow.outside[:] = ~state.valid[0]
    inflow.outside[0] = False
    after = refill(inflow, actors, state, memory, 0.1)
    entered = np.flatnonzero(after.valid[0] & ~state.valid[0])
    assert len(entered) == 3
    assert np.hypot(*(after.position[0, entered, :2] - blocked[:2]).T).min() > 1.0
    after.valid[0, 1] = False
    again = refill(inflow, actors, after, memory, 0.2)
    assert np.hypot(*(again.position[0, np.flatnonzero(again.valid[0])[1:], :2] - blocked[:2]).T).min() < 1e-9
