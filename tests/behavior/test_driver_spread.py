"""What the further settings of `traffic.drivers` do."""

import numpy as np
import pytest

from simengine.behavior.driver_state import (
    CHANGE_BIAS,
    CHANGE_THRESHOLD,
    COMFORTABLE_DECELERATION,
    LATERAL_COMFORT,
    MAX_ACCELERATION,
    MIN_GAP,
    NOISE,
    NOISE_TIME,
    TIME_GAP,
    advance_noise,
    draw_drivers,
    empty_memory,
)
from simengine.core.state import empty_actors
from simengine.physics.vehicle.catalog import fill_actor
from tests.behavior.small_world import KINDS as USUAL
from tests.behavior.small_world import SPREAD, SmallWorld, ring, straight

KINDS = ("sedan", "truck", "motorcycle", "bicycle")
SEED = np.uint64(11)


def _style(models, **changed):
    actors = empty_actors(1, len(models))
    for a, model in enumerate(models):
        fill_actor(actors, 0, a, model, (0.5, 0.5, 0.5))
    spread = SPREAD.model_copy(update=changed)
    return draw_drivers(empty_memory(1, len(models)), actors, USUAL, spread, SEED).style[0]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("min_gap", MIN_GAP),
        ("max_acceleration", MAX_ACCELERATION),
        ("comfortable_deceleration", COMFORTABLE_DECELERATION),
    ],
)
def test_factors_scale_what_is_usual_for_the_kind(name, column):
    usual, more = _style(KINDS), _style(KINDS, **{name: 1.5})
    assert (more[:, column] == 1.5 * usual[:, column]).all()
    rest = np.arange(usual.shape[1]) != column
    assert (more[:, rest] == usual[:, rest]).all()  # and nothing else


def test_temper_spreads_acceleration_braking_and_comfort_together():
    style = _style(["sedan"] * 400, temper_std=0.2)
    assert style[:, MAX_ACCELERATION].std() / 1.8 == pytest.approx(0.2 * 0.8796, rel=0.1)
    for column, usual in ((COMFORTABLE_DECELERATION, 2.0), (LATERAL_COMFORT, 2.2)):
        assert style[:, column] / usual == pytest.approx(style[:, MAX_ACCELERATION] / 1.8)
    assert np.ptp(_style(["sedan"] * 10, temper_std=0.0)[:, MAX_ACCELERATION]) == 0.0


def test_lognormal_time_gaps_are_skewed_and_keep_mean_and_middle():
    drawn = _style(["sedan"] * 4000, time_gap=1.6, time_gap_std=0.6, time_gap_shape="lognormal")[:, TIME_GAP]
    variance = np.log(1.0 + (0.6 / 1.6) ** 2)
    assert np.median(drawn) == pytest.approx(1.6 * np.exp(-0.5 * variance), rel=0.02)
    bounds = np.exp(np.log(1.6) - 0.5 * variance + 2.0 * np.sqrt(variance) * np.array([-1.0, 1.0]))
    assert drawn.min() >= bounds[0] and drawn.max() <= bounds[1]
    assert drawn.mean() > np.median(drawn) + 0.03


def test_settings_of_lane_changes_and_noise_reach_every_driver():
    style = _style(KINDS, lane_change_threshold=0.7, lane_change_bias=-0.2, noise=0.4, noise_time=3.0)
    for column, value in ((CHANGE_THRESHOLD, 0.7), (CHANGE_BIAS, -0.2), (NOISE, 0.4), (NOISE_TIME, 3.0)):
        assert (style[:, column] == value).all()


def test_noise_is_an_ornstein_uhlenbeck_process():
    memory = empty_memory(1, 300)
    memory.style[..., NOISE], memory.style[..., NOISE_TIME] = 0.3, 2.0
    shown = np.empty((200, 300))
    for tick in range(200):
        for a in range(300):
            advance_noise(memory, SEED, 6 * tick, 0, a, 0.05)
        shown[tick] = memory.noise[0]
    assert shown[0].std() == pytest.approx(1.0, abs=0.12)  # from the first tick on
    assert shown.std() == pytest.approx(1.0, abs=0.05)
    for lag in (10, 40):  # exp(−t/τ)
        found = (shown[lag:] * shown[:-lag]).mean() / shown.var()
        assert found == pytest.approx(np.exp(-0.05 * lag / 2.0), abs=0.06)


def test_no_noise_draws_nothing():
    memory = empty_memory(1, 2)
    advance_noise(memory, SEED, 6, 0, 1, 0.05)
    assert not memory.noise.any()


def _asked(noise):
    world = SmallWorld(straight(), ["sedan"])
    world.memory.style[0, 0, NOISE], world.memory.style[0, 0, NOISE_TIME] = noise, 2.0
    world.put(0, 0, 20.0, 29.0)
    asked = []
    for _ in range(500):
        world.step()
        asked.append(float(world.controls.acceleration[0, 0]))
    return np.array(asked[200:])


def test_noise_moves_the_foot_as_far_as_asked():
    calm, moved = _asked(0.0), _asked(0.5)
    assert np.std(calm) < 0.1
    assert 0.25 < np.std(moved) < 0.75


def _queue(noise):
    world = SmallWorld(straight(), ["sedan", "truck"])
    world.memory.style[0, :, NOISE] = noise
    world.put(0, 0, 40.0, 0.0)
    world.put(1, 0, 50.0, 0.0)
    world.drives[0, 1] = False
    places = []
    for _ in range(600):
        world.step()
        places.append(float(world.state.position[0, 0, 0]))
    return np.array(places)


def test_noise_moves_nobody_who_stands():
    places = _queue(1.5)
    assert np.ptp(places[300:]) < 0.05
    assert abs(places[-1] - _queue(0.0)[-1]) < 0.5


def test_noisy_drivers_on_a_ring_do_not_collide():
    world = SmallWorld(ring(2, 400.0), ["sedan"] * 24)
    world.memory.style[0, :, NOISE] = 1.0
    for a in range(24):
        world.put(a, a % 2, 33.0 * (a // 2), 10.0)
    for _ in range(800):
        world.step()
        assert world.touching() == (-1, -1)


def _overtakes(threshold, bias=0.3):
    world = SmallWorld(straight(2), ["sedan", "sedan"])
    world.memory.style[0, :, CHANGE_THRESHOLD], world.memory.style[0, :, CHANGE_BIAS] = threshold, bias
    right = int(np.flatnonzero(world.lanes.lane_left >= 0)[0])
    world.put(0, right, 20.0, 15.0)
    world.put(1, right, 60.0, 10.0)
    world.drives[0, 1] = False
    for _ in range(300):
        world.step()
        if world.memory.lane[0, 0] != right:
            return True
    return False


def test_a_high_threshold_keeps_drivers_in_their_lane():
    assert _overtakes(0.1)
    assert not _overtakes(9.0)


def test_the_bias_makes_changes_to_the_left_dearer():
    assert not _overtakes(0.1, bias=8.0)
    assert _overtakes(8.1, bias=-8.0)
