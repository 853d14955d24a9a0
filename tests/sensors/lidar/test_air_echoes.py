"""Echoes of the air against their integrals, done here a second time by other means."""

import math

import numpy as np
import pytest

from simengine.core.rng import philox_uniform
from simengine.core.weather import backscatter, extinction
from simengine.sensors.lidar.air_echoes import air_returns, first_bright_drop, soft_echo
from tests.sensors.lidar_scene import CLEAR

THRESHOLD = 0.9 / 200.0**2


def _soft_echo_over_time(weather, received):
    """Hahner et al. 2021, eq. 8, by the trapezoidal rule over time, against a white target's response to the pulse."""
    alpha, beta = extinction(weather), backscatter(weather)
    light, half = 299_792_458.0, 20e-9
    t = np.linspace(0.0, 2.0 * half, 20_001)
    r = received - 0.5 * light * t
    overlap = np.clip((r - 1.67) / (7.64 - 1.67), 0.0, 1.0)
    safe = np.maximum(r, 0.1)
    value = np.sin(math.pi * t / (2.0 * half)) ** 2 * np.exp(-2.0 * alpha * safe) * overlap / safe**2
    white = 1.0 / math.pi * 2.0 / light
    return beta / white * float(np.sum(0.5 * (value[1:] + value[:-1])) * (t[1] - t[0]))


@pytest.mark.parametrize("optical_range", [30.0, 100.0])
def test_soft_echo_is_the_published_integral_at_its_peak(optical_range):
    weather = CLEAR._replace(optical_range=optical_range)
    power, place = soft_echo(air_returns(weather, THRESHOLD), math.inf)
    received = np.arange(1.0, 15.0, 0.05)
    values = [_soft_echo_over_time(weather, float(r)) for r in received]
    assert power == pytest.approx(max(values), rel=0.03)
    assert place == pytest.approx(received[int(np.argmax(values))] - 0.5 * 299_792_458.0 * 20e-9, abs=0.11)


def test_overlap_follows_from_transmitter_and_receiver_side_by_side():
    apart, radius, emitted, seen = 0.1, 0.01, math.radians(2.0) / 2.0, math.radians(3.5) / 2.0
    begins = (apart - 2.0 * radius) / (math.tan(emitted) + math.tan(seen))
    full = apart / (math.tan(seen) - math.tan(emitted))
    assert (begins, full) == pytest.approx((1.67, 7.64), abs=0.01)


@pytest.mark.parametrize(("optical_range", "farthest"), [(40.0, 25.0), (100.0, 50.0)])
def test_dense_fog_outshines_even_white_targets_beyond_about_half_its_optical_range(optical_range, farthest):
    weather = CLEAR._replace(optical_range=optical_range)
    power = soft_echo(air_returns(weather, THRESHOLD), math.inf)[0]
    distance = np.arange(1.0, 200.0, 0.1)
    brighter = distance[np.exp(-2.0 * extinction(weather) * distance) / distance**2 > power]
    assert 0.5 * farthest < brighter.max() < farthest


def test_thin_haze_gives_no_echo_that_could_be_detected():
    echoes = {
        reach: soft_echo(air_returns(CLEAR._replace(optical_range=reach), THRESHOLD), math.inf)[0]
        for reach in (200.0, 1000.0)
    }
    assert echoes[200.0] > THRESHOLD > echoes[1000.0]


def test_soft_echo_grows_with_the_air_before_the_target():
    air = air_returns(CLEAR._replace(optical_range=50.0), THRESHOLD)
    powers = [soft_echo(air, distance)[0] for distance in (0.5, 2.5, 4.0, 6.0, 50.0)]
    assert powers[0] == 0.0
    assert powers == sorted(powers) and powers[1] < 0.9 * powers[4]
    assert all(soft_echo(air, d)[1] <= d for d in np.arange(1.0, 10.0, 0.37))


def test_clear_air_has_no_drops():
    air = air_returns(CLEAR, THRESHOLD)
    assert air.drop_slope == 0.0 and not air.drop_count.any()


def test_number_of_bright_drops_is_the_integral_over_cone_and_sizes():
    weather = CLEAR._replace(rain_rate=20.0)
    air = air_returns(weather, THRESHOLD)
    slope = 4.1 * 20.0**-0.21 * 1e3
    r = np.linspace(1.0, 41.0, 40_001)
    width = 0.011 + 2.1e-3 * r
    reflectance = ((1.33 - 1.0) / (1.33 + 1.0)) ** 2
    least = width * r * np.sqrt(THRESHOLD * np.exp(2.0 * extinction(weather) * r) / reflectance)
    density = np.where(least < width, 8e6 / slope * np.exp(-slope * least), 0.0)
    total = float(np.sum(density * 0.25 * math.pi * width**2) * (r[1] - r[0]))
    assert air.drop_count[0, -1] == pytest.approx(total, rel=0.03)
    assert (np.diff(air.drop_count, axis=1) >= 0.0).all() and (np.diff(air.drop_count, axis=0) <= 0.0).all()


def test_drops_are_met_as_often_as_a_poisson_process_says():
    air = air_returns(CLEAR._replace(snow_rate=2.0), THRESHOLD)
    met, count = 0, 20_000
    for i in range(count):
        draws = philox_uniform(1, 1, 0, 0, i), philox_uniform(1, 2, 0, 0, i)
        power, place = first_bright_drop(air, THRESHOLD, 6.0, *draws)
        if power > 0.0:
            met += 1
            assert power >= THRESHOLD and 1.0 <= place < 6.0
    expected = 1.0 - math.exp(-air.drop_count[0, round((6.0 - 1.0) / 0.25) - 1])
    assert met / count == pytest.approx(expected, rel=0.06)


def test_bright_target_is_not_outshone():
    air = air_returns(CLEAR._replace(snow_rate=2.0), THRESHOLD)
    assert first_bright_drop(air, THRESHOLD, 30.0, 0.05, 0.5)[0] > 0.0
    assert first_bright_drop(air, 1.0, 30.0, 0.05, 0.5) == (0.0, 0.0)
