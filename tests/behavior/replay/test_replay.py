"""Replayed actors pass through their recording's samples and are handed over before anything can touch them."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import NEXT, empty_memory
from simengine.behavior.replay.recorded_motion import lay_out, recorded_pose
from simengine.behavior.replay.release import hand_over, leave_at_end
from simengine.behavior.replay.replay import follow_recording
from simengine.core.state import EGO, ActorKind, Behavior, copy_state, empty_actors, empty_state
from simengine.road.build import build_network
from simengine.road.files.recording import RecordedTracks
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import lane_arrays
from simengine.road.procedural.kinds import make_street

STEP = 0.1


@pytest.fixture(scope="module")
def lanes():
    return lane_arrays(make_street(500.0, 0.0, 2, 0, 3.5, 0.0, 0.0, 0.0, 0.0, 30.0, 0.05, False))


def tracks(noise=0.0, samples=50, first=0):
    time = np.arange(samples) * STEP
    random = np.random.Generator(np.random.PCG64(1))
    x = 50.0 + 10.0 * time + noise * random.standard_normal(samples)
    y = -1.75 + 0.2 * np.sin(time)
    valid = np.ones((1, samples), np.bool_)
    valid[0, :first] = False
    return RecordedTracks(
        id=np.array(["7"]), kind=np.array([ActorKind.CAR], np.int32), length=np.array([4.5]), width=np.array([1.8]),
        valid=valid, position=np.stack([x, y], axis=1)[None], heading=np.zeros((1, samples)),
        velocity=np.full((1, samples), 10.0),
    )  # fmt: skip


def world(recording, ego_x=0.0, ego_speed=0.0):
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    actors.length[:], actors.width[:], actors.height[:] = 4.5, 1.8, 1.5
    state.valid[0, EGO] = True
    state.replayed[0, 1] = True
    state.position[0, EGO] = (ego_x, -1.75, 0.75)
    state.velocity[0, EGO, 0] = ego_speed
    return actors, state, lay_out(recording, STEP, np.array([-1, 0]))


def pose_at(laid, time):
    return recorded_pose(STEP, laid.valid, laid.position, laid.tangent, laid.heading, laid.yaw_rate, 0, time)


def test_poses_pass_through_every_sample():
    recording = tracks(noise=0.1)
    laid = lay_out(recording, STEP, np.array([0]))
    for k in range(50):
        here, x, y, *_ = pose_at(laid, k * STEP)
        assert here
        assert (x, y) == pytest.approx(tuple(recording.position[0, k]), abs=1e-9)


def test_velocity_is_the_derivative_of_the_pose():
    laid = lay_out(tracks(noise=0.05), STEP, np.array([0]))
    for time in (0.337, 1.234, 3.21):
        poses = [pose_at(laid, time + shift) for shift in (-1e-5, 0.0, 1e-5)]
        assert poses[1][4] == pytest.approx((poses[2][1] - poses[0][1]) / 2e-5, rel=1e-4)
        assert poses[1][5] == pytest.approx((poses[2][2] - poses[0][2]) / 2e-5, rel=1e-3, abs=1e-4)


def turning(samples=60, noise=0.0):
    """A track that brakes by 2 m/s² while its heading passes ±π in a bend that tightens."""
    time = np.arange(samples) * STEP
    random = np.random.Generator(np.random.PCG64(3))
    x = 200.0 - 12.0 * time + time * time + noise * random.standard_normal(samples)
    heading = 3.0 + 0.1 * time * time
    return tracks(samples=samples)._replace(
        position=np.stack([x, np.full(samples, -1.75)], axis=1)[None],
        heading=np.arctan2(np.sin(heading), np.cos(heading))[None],
    )


def test_headings_pass_through_every_sample_and_the_yaw_rate_is_their_derivative():
    recording = turning()
    laid = lay_out(recording, STEP, np.array([0]))
    for k in range(60):
        assert pose_at(laid, k * STEP)[3] == pytest.approx(recording.heading[0, k], abs=1e-9)
    for time in (0.7, 0.75, 1.19, 1.2, 1.21, 3.04):
        before, here, after = (pose_at(laid, time + shift) for shift in (-1e-4, 0.0, 1e-4))
        turned = math.remainder(after[3] - before[3], 2.0 * math.pi) / 2e-4
        assert here[6] == pytest.approx(turned, abs=2e-4)
        assert here[6] == pytest.approx(0.2 * time, abs=2e-3)
        assert here[6] == pytest.approx(0.5 * (before[6] + after[6]), abs=1e-3)  # no jump from step to step


@pytest.mark.parametrize(("noise", "most"), [(0.0, 1e-9), (0.02, 0.6)])
def test_the_acceleration_is_that_of_the_recording_however_noisy_its_positions(lanes, noise, most):
    actors, state, laid = world(turning(noise=noise))
    for time in np.arange(1.0, 5.0, 0.05):
        there = follow_recording(lanes, laid, actors, state, float(time))
        assert there.acceleration[0, 1, 0] == pytest.approx(2.0, abs=most)
        assert there.acceleration[0, 1, 1] == pytest.approx(0.0, abs=1e-9)
        assert there.acceleration[0, 1, 2] == pytest.approx(0.05 * there.acceleration[0, 1, 0], rel=0.02)
        assert there.angular_velocity[0, 1, 2] == pytest.approx(pose_at(laid, float(time))[6])


def test_the_acceleration_is_the_slope_of_the_velocity_over_half_a_second_around():
    recording = tracks(noise=0.05)
    laid = lay_out(recording, STEP, np.array([0]))
    velocity = np.array([pose_at(laid, k * STEP)[4] for k in range(50)])
    for k in (0, 3, 20, 47, 49):
        low = min(max(0, k - 5), 39)  # as long at the ends of the track
        high = low + 10
        slope = np.polyfit(np.arange(low, high + 1) * STEP, velocity[low : high + 1], 1)[0]
        assert laid.acceleration[0, k, 0] == pytest.approx(slope, abs=1e-9)


def test_a_single_sample_has_neither_yaw_rate_nor_acceleration():
    laid = lay_out(tracks(samples=1), STEP, np.array([0]))
    assert not laid.acceleration.any() and not laid.yaw_rate.any() and not laid.fitted.any()


def test_actors_appear_and_leave_with_their_recording(lanes):
    actors, state, laid = world(tracks(first=10))
    assert not follow_recording(lanes, laid, actors, state, 0.5).valid[0, 1]
    there = follow_recording(lanes, laid, actors, state, 2.0)
    assert there.valid[0, 1]
    assert not follow_recording(lanes, laid, actors, there, 5.2).valid[0, 1]


def test_replayed_actors_stand_on_the_slope(lanes):
    actors, state, laid = world(tracks())
    there = follow_recording(lanes, laid, actors, state, 2.0)
    x, _, z = there.position[0, 1]
    assert z == pytest.approx(0.05 * x + 0.75, abs=0.02)
    assert there.velocity[0, 1, 2] == pytest.approx(0.05 * there.velocity[0, 1, 0], rel=0.02)


def test_the_fitted_velocity_is_steadier_than_differences():
    laid = lay_out(tracks(noise=0.15), STEP, np.array([0]))
    assert abs(laid.tangent[0, 5:-5, 0] - 10.0).max() > 1.5
    assert abs(laid.fitted[0, 5:-5, 0] - 10.0).max() < 0.8


def test_a_reactive_actor_is_freed_before_the_ego_is_in_its_way(lanes):
    actors, state, laid = world(tracks(), ego_x=75.0)
    state = follow_recording(lanes, laid, actors, state, 0.0)
    assert not hand_over(laid, actors, state, 0.0, reactive=True).replayed[0, 1]
    assert hand_over(laid, actors, state, 0.0, reactive=False).replayed[0, 1]
    far = copy_state(state)
    far.position[0, EGO, 0] = 200.0
    assert hand_over(laid, actors, far, 0.0, reactive=True).replayed[0, 1]


def test_any_actor_is_freed_before_a_touch_with_the_fitted_velocity(lanes):
    actors, state, laid = world(tracks(noise=0.1))
    at = 2.0
    state = follow_recording(lanes, laid, actors, state, at)
    state.position[0, EGO] = state.position[0, 1] + (4.7, 0.0, 0.0)
    freed = hand_over(laid, actors, state, at, reactive=False)
    assert not freed.replayed[0, 1]
    assert tuple(freed.velocity[0, 1, :2]) == pytest.approx(tuple(laid.fitted[0, round(at / STEP)]))
    assert math.isclose(freed.position[0, 1, 0], state.position[0, 1, 0])


@pytest.mark.parametrize("inside", [False, True])
def test_a_handed_over_vehicle_leaves_past_the_end_of_a_lane_that_leads_nowhere_in_a_junction_too(inside):
    """Files whose connections are not linked on have such lanes in junctions."""
    points = np.array([[0.0, 0.0, 0.0], [50.0, 0.0, 0.0]])
    line = [points, points + [50.0, 0.0, 0.0]]
    approach = LaneDraft("approach", line[0], np.full(2, 3.5), np.zeros(2), successors=["last"])
    last = LaneDraft("last", line[1], np.full(2, 3.5), np.zeros(2), junction=7 if inside else -1)
    network = build_network([approach, last])
    names = [str(name) for name in network.lane_name]
    actors, state, memory = empty_actors(1, 5), empty_state(1, 5), empty_memory(1, 5)
    actors.behavior[...] = Behavior.REPLAY
    state.valid[...] = True
    state.replayed[0, 4] = True  # the recording says when this one leaves
    memory.lane[0] = [names.index(name) for name in ("last", "last", "last", "approach", "last")]
    memory.route[0, 3, NEXT] = names.index("last")
    memory.s[0] = (50.5, 50.5, 49.5, 50.5, 50.5)  # the ego stays; two have not driven past the end of their road
    after = leave_at_end(lane_arrays(network), actors, state, memory)
    assert after.valid[0].tolist() == [True, False, True, True, True]
