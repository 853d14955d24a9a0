"""What surfaces send back, against the published forms at their limits."""

import math

import numpy as np
import pytest

from simengine.core.space.mesh import Material
from simengine.sensors.lidar.reflectance import (
    paint_albedo,
    returned_share,
    rough_return,
    surface_table,
    water_transmission,
)


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.2])
def test_smooth_surface_is_lambertian(angle):
    assert rough_return(math.cos(angle), 0.0) == pytest.approx(math.cos(angle))


def test_rough_surface_outshines_a_smooth_one_at_grazing_incidence_only():
    assert rough_return(1.0, 0.6) < 1.0
    assert rough_return(0.05, 0.6) > 5.0 * rough_return(0.05, 0.0)
    sigma, cosine = 0.6, math.cos(1.0)
    a = 1.0 - 0.5 * sigma**2 / (sigma**2 + 0.33)
    b = 0.45 * sigma**2 / (sigma**2 + 0.09)
    assert rough_return(cosine, sigma) == pytest.approx(cosine * (a + b * math.sin(1.0) * math.tan(1.0)))


def test_water_transmits_98_percent_head_on_and_nothing_at_grazing():
    assert water_transmission(1.0) == pytest.approx((1.0 - (0.33 / 2.33) ** 2, 1.0))
    assert water_transmission(0.0)[0] == pytest.approx(0.0, abs=1e-12)


def test_brewster_angle_transmits_half_the_light_wholly():
    angle = math.atan(1.33)
    across = (math.cos(angle) - math.sqrt(1.33**2 - math.sin(angle) ** 2)) / (
        math.cos(angle) + math.sqrt(1.33**2 - math.sin(angle) ** 2)
    )
    assert water_transmission(math.cos(angle))[0] == pytest.approx(1.0 - 0.5 * across**2)


def test_water_takes_from_the_ground_and_leaves_cars_alone():
    dry = returned_share(0.1, 0.17, 0.6, 0.0, True, 0.0, 0.0)
    assert returned_share(0.1, 0.17, 0.6, 0.0, True, 1.0, 0.0) < 0.5 * dry
    assert returned_share(0.1, 0.17, 0.6, 0.0, False, 1.0, 1.0) == dry
    assert returned_share(0.1, 0.17, 0.6, 0.47, True, 1.0, 0.0) < 0.47  # flooded beads of road paint are blind


def test_snow_hides_what_it_covers():
    covered = returned_share(0.5, 0.17, 0.6, 0.47, True, 0.7, 1.0)
    assert covered == pytest.approx(0.85 * rough_return(0.5, 0.6))


def test_every_material_has_a_surface():
    table = surface_table()
    assert all(0.0 < table[material].albedo <= 1.0 for material in Material)
    assert table[Material.SIGN_FACE].retro > 100.0 > table[Material.CONE_ORANGE].retro


def test_black_paint_returns_less_than_white():
    black, white = paint_albedo(np.array([[0.01, 0.01, 0.01], [0.9, 0.9, 0.9]], np.float32))
    assert black < 0.06 < 0.7 < white < 0.9
