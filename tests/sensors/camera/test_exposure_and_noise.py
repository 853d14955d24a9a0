"""From luminance to bytes: exposure follows the light within limits, noise has its statistics, glare spreads."""

import math

import numpy as np
import pytest

from simengine.sensors.camera.exposure_and_noise import (
    FULL_WELL,
    GLARE,
    TONE_RANGE,
    TONE_STEPS,
    develop_rows,
    development_tables,
    exposure_of,
    lens_glare,
    meter,
    sensor_gain,
)
from simengine.sensors.camera.random_counter import RandomCounter

TABLES = development_tables()
TONE = TABLES.tone


def develop(radiance, exposure=1.0, gain=1.0, noisy=False, frame=0, key=9, bands=1):
    glare = lens_glare(radiance, exposure)
    out = np.zeros(radiance.shape, np.uint8)
    edges = np.linspace(0, len(radiance), bands + 1).astype(int)
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        develop_rows(radiance, glare, exposure, gain, noisy, RandomCounter(key, 0, frame), TABLES, first, last, out)
    return out


def flat(value, height=48, width=64):
    return np.full((height, width, 3), value, np.float32)


def test_gray_is_exposed_alike_over_bright_days():
    days = [exposure_of(light, 0.0) * light for light in (500.0, 5_000.0, 20_000.0)]
    assert max(days) / min(days) < 1.01
    assert exposure_of(0.5, 0.0) * 0.5 < 0.6 * days[0]


def test_a_stop_of_bias_doubles_the_exposure():
    assert exposure_of(300.0, 1.0) == pytest.approx(2.0 * exposure_of(300.0, 0.0))


def test_exposure_has_limits():
    assert exposure_of(1e-6, 0.0) == exposure_of(1e-3, 0.0)
    assert exposure_of(1e7, 0.0) == exposure_of(1e6, 0.0)


def test_meter_reads_an_even_image_and_heeds_lamps_a_little():
    assert meter(flat(120.0)) == pytest.approx(120.0, rel=1e-5)
    lit = flat(1.0)
    lit[:8, :8] = 1_000.0
    assert 1.0 < meter(lit) < float(lit.mean())


def test_tone_curve_rises_and_uses_all_bytes():
    assert len(TONE) == TONE_STEPS and TONE[0] == 0 and TONE[-1] == 255
    assert np.all(np.diff(TONE.astype(int)) >= 0)
    gray = TONE[round(math.sqrt(0.18 / TONE_RANGE) * (TONE_STEPS - 1))]
    assert 110 < gray < 160


def test_noise_is_shot_and_read_noise():
    value, gain = 0.2, 20.0
    images = np.stack([develop(flat(value), gain=gain, noisy=True, frame=k) for k in range(12)]).astype(float)
    clean = develop(flat(value)).astype(float)
    assert images.mean() == pytest.approx(clean.mean(), abs=1.0)
    # The tone curve's slope turns electrons into bytes.
    step = 1e-3
    index = [round(math.sqrt(v / TONE_RANGE) * (TONE_STEPS - 1)) for v in (value - 20 * step, value + 20 * step)]
    slope = (float(TONE[index[1]]) - float(TONE[index[0]])) / (40 * step)
    electrons = FULL_WELL / gain
    expected = slope * math.sqrt(value / electrons + (2.5 / electrons) ** 2)
    assert images.std() == pytest.approx(expected, rel=0.1)
    neighbors = np.corrcoef(images[:, :, :-1, 0].ravel(), images[:, :, 1:, 0].ravel())[0, 1]
    assert abs(neighbors) < 0.02


def test_noise_is_a_function_of_seed_and_frame():
    first = develop(flat(0.2), noisy=True, frame=3)
    assert np.array_equal(first, develop(flat(0.2), noisy=True, frame=3))
    assert not np.array_equal(first, develop(flat(0.2), noisy=True, frame=4))
    assert not np.array_equal(first, develop(flat(0.2), noisy=True, frame=3, key=10))


def test_bands_of_rows_give_the_same_bytes():
    radiance = np.random.default_rng(1).gamma(1.0, 0.3, (50, 64, 3)).astype(np.float32)
    assert np.array_equal(develop(radiance, noisy=True), develop(radiance, noisy=True, bands=7))


def test_glare_spreads_a_lamp_but_keeps_the_light():
    dark = flat(0.0, 240, 320)
    dark[100:110, 150:160] = 50.0
    glare = lens_glare(dark, 1.0)
    assert glare.mean() == pytest.approx(dark.mean(), rel=0.1)
    assert glare[26, 38].max() > 20.0 * glare[26, 20].max() > 0.0
    assert 0.0 < GLARE < 0.05


def test_gain_rises_only_in_the_dark():
    assert sensor_gain(5_000.0) == 1.0
    assert 1.0 < sensor_gain(5.0) < sensor_gain(0.5) == sensor_gain(0.01)
