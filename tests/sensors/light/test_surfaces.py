"""Surfaces: every material has a look, textures stay within reason and fade with distance; weather changes them."""

import numpy as np
import pytest

from simengine.core.space.mesh import Material
from simengine.sensors.base.noise import fractal_noise, solid_noise, value_noise
from simengine.sensors.light.surfaces import plain_albedo, surface_table, texture_pixels, window_frame
from simengine.sensors.raster import pixel_planes as points

TABLE = surface_table()


def albedo(material, x, y, z=0.0, footprint=0.005, instance=3, normal=(0.0, 0.0, 1.0)):
    px = np.zeros(points.NUM_VALUES, np.float32)
    px[[points.LOCAL_X, points.LOCAL_Y, points.LOCAL_Z]] = x, y, z
    px[[points.LOCAL_NX, points.LOCAL_NY, points.LOCAL_NZ]] = normal
    px[points.FOOTPRINT], px[points.WORK] = footprint, 0.9
    color = [points.RED, points.GREEN, points.BLUE]
    px[color] = plain_albedo(TABLE, int(material), 7, instance, 0.5, 0.1, 0.1)
    texture_pixels(TABLE, int(material), 7, instance, 1, px)
    return px[color]


@pytest.mark.parametrize("material", list(Material))
def test_every_material_reflects_a_sound_share(material):
    samples = np.array([albedo(material, 0.37 * k, 0.21 * k, 0.13 * k) for k in range(120)])
    assert samples.min() >= 0.0 and samples.max() <= 1.0
    assert samples.max() > 0.0


@pytest.mark.parametrize("material", [Material.ASPHALT, Material.GRASS, Material.LEAF, Material.CONCRETE])
def test_fine_texture_fades_with_distance_and_keeps_its_mean(material):
    rng = np.random.default_rng(4)
    places = rng.uniform(-40.0, 40.0, (400, 3))
    near = np.array([albedo(material, *p, footprint=0.002) for p in places]).mean(axis=1)
    far = np.array([albedo(material, *p, footprint=2.0) for p in places]).mean(axis=1)
    assert near.std() > 1.2 * far.std()
    assert near.mean() == pytest.approx(far.mean(), rel=0.08)


def test_paint_takes_the_actors_color():
    np.testing.assert_allclose(albedo(Material.CAR_PAINT, 1.0, 2.0), [0.5, 0.1, 0.1], rtol=1e-6)


def test_facades_differ_between_houses_but_not_within_one():
    colors = set()
    for house in range(60):
        plain = albedo(Material.FACADE, 5.0, 5.0, 9.0, 1.0, house, (1.0, 0.0, 0.0))
        colors.add(tuple(np.round(plain, 6)))
    assert len(colors) == 7


def test_noise_is_even_and_smooth():
    rng = np.random.default_rng(1)
    places = rng.uniform(-500.0, 500.0, (4000, 3)).astype(np.float32)
    for values in (
        np.array([value_noise(x, y, 3) for x, y, _ in places]),
        np.array([fractal_noise(x, y, 3, 4) for x, y, _ in places]),
        np.array([solid_noise(x, y, z, 3) for x, y, z in places]),
    ):
        assert 0.0 <= values.min() < values.max() < 1.0
        assert values.mean() == pytest.approx(0.5, abs=0.02)
    step = np.float32(1.0 / 1024.0)
    for x, y, z in places[:200]:
        assert abs(value_noise(x, y, 3) - value_noise(x + step, y, 3)) < 3e-3
        assert abs(solid_noise(x, y, z, 3) - solid_noise(x, y, z + step, 3)) < 3e-3


def test_window_frames_run_around_and_through_the_pane():
    corner, middle, edge = (0.98, 0.01, False), (0.25, 0.3, False), (0.5, 0.02, False)
    assert window_frame(*corner) and window_frame(*edge)
    assert not window_frame(*middle)
    assert window_frame(0.2, 0.78, True)  # top edge in the second triangle
