"""People on foot against the closed form of the social force model, the rules of crossings and each other."""

import math

import numpy as np
import pytest

from simengine.behavior.pedestrian.pavement import Crowd, begin_people, no_crowd, walk_people
from simengine.behavior.pedestrian.people import People
from simengine.behavior.pedestrian.social_force import RELAXATION_TIME
from simengine.behavior.pedestrian.walker_state import DESIRED_SPEED, KEEPS_RIGHT
from simengine.core.space.geometry import boxes_gap
from simengine.core.state import ActorTable, Behavior, WorldState, empty_actors, empty_controls, empty_state
from simengine.physics.vehicle.catalog import fill_actor
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import LaneType, RoadNetwork, SignalColor, lane_arrays
from simengine.road.procedural.kinds import make_intersection, make_street
from simengine.scenario.spec import PedestriansSpec

DT = 0.05
Pose = tuple[str, float, float, float, float]  # model, x, y, yaw, speed


def make_town() -> RoadNetwork:
    """One lane each way along x, curbs at y = ±3.5, pavements 2.5 m wide, a crossing at x = 50."""
    return make_street(
        length=100.0, curvature=0.0, lanes_forward=1, lanes_backward=1, lane_width=3.5, shoulder_width=0.0,
        pavement_width=2.5, parking_width=0.0, crossing_spacing=100.0, speed_limit=13.9, grade=0.0, ring=False,
    )  # fmt: skip


def make_crowd(
    network: RoadNetwork,
    poses: list[Pose],
    fraction: float = 0.0,
    seed: int = 1,
    crowd: Crowd | None = None,
    slowing: float = 0.04,
) -> tuple[ActorTable, WorldState, People]:
    actors, state = empty_actors(1, len(poses)), empty_state(1, len(poses))
    for a, (model, x, y, yaw, speed) in enumerate(poses):
        fill_actor(actors, 0, a, model, (0.5, 0.5, 0.5))
        actors.behavior[0, a] = Behavior.WALKER if model in ("pedestrian", "child") else Behavior.SCRIPTED
        state.position[0, a] = (x, y, 0.5 * actors.height[0, a])
        state.orientation[0, a] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
        state.velocity[0, a, :2] = (speed * math.cos(yaw), speed * math.sin(yaw))
    state.valid[:] = True
    spec = PedestriansSpec(
        density=0.0, max_people=0, crossing_fraction=fraction, group_share=0.0, group_spacing=0.8,
        group_slowing=slowing, standing_share=0.0, waiting_share=0.0,
    )  # fmt: skip
    crowd = crowd or no_crowd(1, len(poses))
    return actors, state, begin_people(network, lane_arrays(network), actors, state, crowd, spec, np.uint64(seed))


def walk(
    actors: ActorTable, state: WorldState, people: People, colors: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Move everybody as asked, vehicles straight on; return positions (steps, num_actors, 2) and yaws."""
    track, yaws = np.zeros((steps, state.valid.shape[1], 2)), np.zeros((steps, state.valid.shape[1]))
    on_foot = actors.behavior[0] == Behavior.WALKER
    for k in range(steps):
        controls = empty_controls(*state.valid.shape)
        walk_people(people, actors, state, colors, DT, controls)
        state.velocity[0, on_foot, :2] = controls.velocity[0, on_foot]
        state.position[0, :, :2] += DT * state.velocity[0, :, :2]
        for a in range(len(on_foot)):
            vx, vy = state.velocity[0, a, :2]
            if math.hypot(vx, vy) > 0.1:
                yaw = math.atan2(vy, vx)
                state.orientation[0, a] = (math.cos(0.5 * yaw), 0.0, 0.0, math.sin(0.5 * yaw))
            yaws[k, a] = 2.0 * math.atan2(state.orientation[0, a, 3], state.orientation[0, a, 0])
        state.tick[:] += 1
        track[k] = state.position[0, :, :2]
    return track, yaws


NO_SIGNALS = np.zeros(0, np.int32)


def test_a_free_walker_reaches_its_desired_speed_exponentially():
    x = np.linspace(0.0, 200.0, 3)
    hall = LaneDraft(
        name="hall", points=np.stack([x, 0.0 * x, 0.0 * x], axis=1), width=np.full(3, 60.0), bank=np.zeros(3),
        lane_type=LaneType.FLOOR,
    )  # fmt: skip
    actors, state, people = make_crowd(build_network([hall]), [("pedestrian", 20.0, 0.0, 0.0, 0.0)])
    people.mind[0, 0, KEEPS_RIGHT] = 0.0
    wanted = people.mind[0, 0, DESIRED_SPEED]
    track, _ = walk(actors, state, people, NO_SIGNALS, 60)
    speed = np.diff(np.r_[20.0, track[:, 0, 0]]) / DT
    time = DT * np.arange(1, 61)
    assert speed == pytest.approx(wanted * (1.0 - np.exp(-time / RELAXATION_TIME)), abs=1e-9)
    assert np.abs(track[:, 0, 1]).max() < 1e-9


def test_desired_speeds_are_those_of_the_literature():
    _, _, people = make_crowd(make_town(), [("pedestrian", 0.2 * k, 4.5, 0.0, 0.0) for k in range(400)])
    speed = people.mind[0, :, DESIRED_SPEED]
    assert speed.mean() == pytest.approx(1.34, abs=0.04)
    assert speed.std() == pytest.approx(0.26 * 0.88, abs=0.03)  # a normal cut at 2σ keeps 0.88 of its deviation
    assert speed.min() > 0.81 and speed.max() < 1.87


def test_two_people_pass_each_other_without_touching():
    actors, state, people = make_crowd(
        make_town(), [("pedestrian", 20.0, -4.75, 0.0, 1.3), ("pedestrian", 30.0, -4.75, math.pi, 1.3)]
    )
    track, yaws = walk(actors, state, people, NO_SIGNALS, 200)
    gaps = [boxes_gap(*track[k, 0], yaws[k, 0], 0.5, 0.55, *track[k, 1], yaws[k, 1], 0.5, 0.55) for k in range(200)]
    assert min(gaps) > 0.0
    assert track[-1, 0, 0] - 20.0 > 8.0 and 30.0 - track[-1, 1, 0] > 8.0


def test_nobody_leaves_the_pavement_except_on_a_crossing_and_no_two_touch():
    network = make_town()
    side = np.where(np.arange(24) % 2 == 0, -4.75, 4.75)
    poses = [("pedestrian", 10.0 + 3.3 * k, side[k] + 0.3, math.pi * (k % 3 == 0), 0.0) for k in range(24)]
    actors, state, people = make_crowd(network, poses, fraction=0.6)
    track, yaws = walk(actors, state, people, NO_SIGNALS, 1200)
    on_pavement = (np.abs(track[..., 1]) > 3.5 + 0.25) & (np.abs(track[..., 1]) < 6.0 - 0.25)
    on_crossing = np.abs(track[..., 0] - 50.0) < 1.5
    assert (on_pavement | on_crossing).all()
    assert (track[..., 0] > 0.2).all() and (track[..., 0] < 99.8).all()
    sides = np.sign(track[0, :, 1]) != np.sign(track[-1, :, 1])
    assert 2 <= sides.sum() < 24  # some crossed
    for k in range(0, 1200, 5):
        for a in range(24):
            near = np.flatnonzero(np.hypot(*(track[k, a + 1 :] - track[k, a]).T) < 0.9) + a + 1
            for b in near:
                assert boxes_gap(*track[k, a], yaws[k, a], 0.5, 0.55, *track[k, b], yaws[k, b], 0.5, 0.55) > 0.0


@pytest.mark.parametrize(("distance", "goes"), [(40.0, False), (160.0, True)])
def test_a_walker_waits_for_a_near_fast_car_and_goes_before_a_far_one(distance: float, goes: bool):
    poses = [("pedestrian", 47.0, -4.0, 0.0, 1.3), ("sedan", 50.0 - distance, -1.75, 0.0, 13.9)]
    actors, state, people = make_crowd(make_town(), poses, fraction=1.0)
    people.mind[0, 0, DESIRED_SPEED] = 1.5
    passes = int((distance - 2.0) / 13.9 / DT)  # the car is at the crossing
    track, _ = walk(actors, state, people, NO_SIGNALS, passes + 200)
    assert (track[:passes, 0, 1] > -3.5).any() == goes
    if goes:
        assert track[passes, 0, 1] > 0.3  # off the car's lane before it comes
    assert track[-1, 0, 1] > 3.5  # over in the end
    on_road = np.flatnonzero(np.abs(track[:, 0, 1]) < 3.5)
    assert (np.diff(track[on_road, 0, 1]) > 0.5 * DT).all()  # without stopping there


def test_a_walker_goes_before_a_car_that_has_stopped():
    poses = [("pedestrian", 47.0, -4.0, 0.0, 1.3), ("sedan", 44.0, -1.75, 0.0, 0.0)]
    actors, state, people = make_crowd(make_town(), poses, fraction=1.0)
    track, _ = walk(actors, state, people, NO_SIGNALS, 250)
    assert track[-1, 0, 1] > 3.5


def test_a_walker_waits_for_red_and_goes_on_green():
    network = make_intersection(60.0, 1, 3.25, 3.0, 13.9, True, 20.0, 3.0, 2.0)
    (x, y, _), (_, y_end, _) = network.crossing_start[0], network.crossing_end[0]  # of an arm along x
    out, outward = math.copysign(1.0, y), math.copysign(1.0, x)
    pose = ("pedestrian", x + 4.0 * outward, y + 1.0 * out, math.pi if outward > 0.0 else 0.0, 1.3)
    actors, state, people = make_crowd(network, [pose], fraction=1.0)
    colors = np.full(len(network.signal_group), SignalColor.RED, np.int32)
    track, _ = walk(actors, state, people, colors, 400)
    assert (out * (track[:, 0, 1] - y) > 0.2).all()
    assert np.hypot(*(track[-1, 0] - track[-20, 0])) < 0.1
    assert abs(track[-1, 0, 0] - x) < 2.0
    colors[network.signal_group == network.crossing_signal[0]] = SignalColor.GREEN
    track, _ = walk(actors, state, people, colors, 250)
    assert out * (track[-1, 0, 1] - y_end) < 0.0


def test_equal_seeds_walk_equally_and_others_do_not():
    poses = [("pedestrian", 30.0 + 2.0 * k, -4.5, 0.0, 0.0) for k in range(6)]
    tracks = [walk(*make_crowd(make_town(), poses, 0.5, seed), NO_SIGNALS, 100)[0] for seed in (3, 3, 4)]
    assert (tracks[0] == tracks[1]).all()
    assert (tracks[0] != tracks[2]).any()
