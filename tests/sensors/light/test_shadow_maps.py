"""Sun shadows fall where geometry says, and do not depend on where the camera was before."""

import math

import numpy as np
import pytest

from simengine.sensors.light.illumination import find_sun
from simengine.sensors.light.shadow_maps import SunShadows, no_shadows
from simengine.sensors.raster import pixel_planes as points
from simengine.sensors.scene.scene_arrays import flatten_scene, pose_parts
from tests.sensors.camera_scene import still_history, street_scene, weather

ACTORS = (("sedan", 0.0, 0.0, 0.0), ("bus", 20.0, 0.0, 0.0))
SCENE = street_scene(weather(), actors=ACTORS, furnished=False)
ARRAYS = flatten_scene(SCENE)
PLACED = pose_parts(ARRAYS, SCENE.actors, still_history(SCENE, ACTORS).poses_at(0), SCENE.origin)
ELEVATION = math.radians(40.0)
SUN = np.array([0.0, math.cos(ELEVATION), math.sin(ELEVATION)])  # in the north: shadows fall south


def visible(maps, x, y, z=0.0, normal=(0.0, 0.0, 1.0)):
    px = np.zeros(points.NUM_VALUES, np.float32)
    px[[points.X, points.Y, points.Z]] = x, y, z
    px[[points.NORMAL_X, points.NORMAL_Y, points.NORMAL_Z]] = normal
    px[points.TOWARD_SUN] = 1.0
    find_sun(*maps, 1, px)
    return px[points.SUNNY]


def test_a_bus_shades_as_far_as_its_height_over_the_suns_slope():
    maps = SunShadows(ARRAYS, SUN).draw(*PLACED, (0.0, 0.0, 1.5), (1.0, 0.0))
    half_width, reach = 1.275, 3.0 / math.tan(ELEVATION)  # roof edge 3.0 m up
    assert visible(maps, 20.0, -half_width - 0.3) == 0.0
    assert visible(maps, 20.0, -half_width - reach + 0.5) == 0.0
    assert visible(maps, 20.0, -half_width - reach - 0.5) == 1.0
    assert visible(maps, 20.0, half_width + 0.3) == 1.0
    assert visible(maps, 20.0 + 7.0, -half_width - 0.5) == 1.0


def test_level_ground_does_not_shade_itself():
    maps = SunShadows(ARRAYS, np.array([0.8, 0.59, 0.1]) / math.sqrt(0.8**2 + 0.59**2 + 0.01)).draw(
        *PLACED, (0.0, 0.0, 1.5), (1.0, 0.0)
    )
    for x in np.linspace(-8.0, 12.0, 21):
        assert visible(maps, x, 9.0 + 0.3 * x) == 1.0


def test_still_parts_are_kept_without_changing_the_maps():
    traveled = SunShadows(ARRAYS, SUN)
    for x in (-30.0, -10.0, -0.4):
        traveled.draw(*PLACED, (x, 0.0, 1.5), (1.0, 0.0))
    after = traveled.draw(*PLACED, (0.0, 0.0, 1.5), (1.0, 0.0))
    fresh = SunShadows(ARRAYS, SUN).draw(*PLACED, (0.0, 0.0, 1.5), (1.0, 0.0))
    assert after.height.tobytes() == fresh.height.tobytes()
    assert after.corner.tobytes() == fresh.corner.tobytes()


def test_a_shadow_moves_with_its_actor():
    shadows = SunShadows(ARRAYS, SUN)
    assert visible(shadows.draw(*PLACED, (0.0, 0.0, 1.5), (1.0, 0.0)), 20.0, -1.8) == 0.0
    moved = PLACED[0].copy()
    moved[ARRAYS.part_actor == 1, 0, 3] += 15.0
    maps = shadows.draw(moved, PLACED[1], (0.0, 0.0, 1.5), (1.0, 0.0))
    assert visible(maps, 20.0, -1.8) == 1.0
    assert visible(maps, 35.0, -1.8) == 0.0


def test_without_maps_everything_sees_the_sun():
    assert visible(no_shadows(), 20.0, -1.8) == pytest.approx(1.0)


@pytest.mark.parametrize("num_threads", [2, 3])
def test_any_number_of_threads_draws_the_same_shadows(num_threads):
    alone, together = SunShadows(ARRAYS, SUN), SunShadows(ARRAYS, SUN)
    for x in (0.0, 3.0, 30.0):
        expected = alone.draw(*PLACED, (x, 0.0, 1.5), (1.0, 0.0))
        found = together.draw(*PLACED, (x, 0.0, 1.5), (1.0, 0.0), num_threads)
        assert expected.height.max() > 2.0
        for one, other in zip(expected, found, strict=True):
            assert np.array_equal(one, other)
