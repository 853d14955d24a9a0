"""Lamps at night: the low beam's shape, the inverse square, the grid that finds them, the dark under cars."""

import math

import numpy as np
import pytest

from simengine.core.state import ActorKind, Light
from simengine.sensors.light.illumination import open_ground
from simengine.sensors.light.lamplight import add_lamp, beam_share, share_of_lamp
from simengine.sensors.light.lamps import (
    CELL_SIZE,
    HEAD_INTENSITY,
    HEAD_LAMP,
    STREET_LAMP,
    TAIL_LAMP,
    find_lights,
    head_lamp_share,
    light_at,
)
from simengine.sensors.raster import pixel_planes as points
from simengine.sensors.raster.pixel_planes import SeenActors


def gather(lights, lamps=((5.0, -6.0, 8.0),), lit=True):
    count = len(lights)
    actors = SeenActors(
        kind=np.full(count, ActorKind.CAR, np.int32),
        position=np.array([[20.0 * a, 0.0, 0.7] for a in range(count)]),
        rotation=np.tile(np.eye(3), (count, 1, 1)),
        size=np.tile([4.5, 1.8, 1.4], (count, 1)),
        color=np.zeros((count, 3), np.float32),
        lights=np.array(lights, np.int32),
    )
    position = np.array(lamps, float).reshape(-1, 3)
    return find_lights(position, 1.0, lit, np.ones(count, bool), actors, np.zeros(3)), actors


def illuminance(light, n, x, y, z):
    share, *_ = light_at(light, n, x, y, z)
    return share * light[n].intensity[0]


def test_low_beam_is_bright_below_and_dark_above_its_cut_off():
    assert head_lamp_share(0.0, -0.015) > 0.7
    assert head_lamp_share(0.0, 0.02) < 0.03
    # At 25 m the rules ask for 12 lx at 75R (1.15° right, 0.57° down: 7.5 kcd) and allow 0.4 lx (250 cd) at B50L.
    assert head_lamp_share(-math.tan(math.radians(1.15)), -math.tan(math.radians(0.57))) * HEAD_INTENSITY > 7_500.0
    assert head_lamp_share(math.tan(math.radians(3.43)), math.tan(math.radians(0.57))) * HEAD_INTENSITY < 2.0 * 250.0


def test_low_beam_rises_to_the_right():
    assert head_lamp_share(-0.10, 0.005) > 5.0 * head_lamp_share(0.10, 0.005)


def test_illuminance_falls_with_the_square_of_the_distance():
    light = gather([Light.HEAD])[0].light
    light[0].half = 0.0  # a single lamp: both of a pair stand at other angles to what is near
    down = -0.02
    x, _, z = light[0].position
    near, far = (illuminance(light, 0, x + d, 0.0, z + down * d) for d in (12.0, 36.0))
    assert near / far == pytest.approx(9.0, rel=1e-3)


def test_head_lamps_are_two_and_look_like_one_from_afar():
    light = gather([Light.HEAD], lamps=())[0].light
    front, height = 2.25, light[0].position[2]
    before = [illuminance(light, 0, front + 0.1, y, height - 0.05) for y in (-0.62, 0.0, 0.62)]
    assert min(before[0], before[2]) > 20.0 * before[1] and before[0] == pytest.approx(before[2], rel=0.2)
    one = light.copy()
    one[0].half = 0.0
    for y in (-3.0, 0.0, 2.0):
        afar = [illuminance(which, 0, front + 30.0, y, height - 0.8) for which in (light, one)]
        assert afar[0] == pytest.approx(afar[1], rel=0.05)


def test_street_lamp_gives_about_twenty_lux_below():
    light = gather([0])[0].light
    assert light[0].kind == STREET_LAMP
    assert 10.0 < illuminance(light, 0, 5.0, -6.0, 0.0) < 30.0
    assert illuminance(light, 0, 5.0, -6.0, 12.0) == 0.0


def test_switches_decide_which_lamps_shine():
    kinds = {tuple(sorted(gather([bits], lamps=())[0].light["kind"].tolist())) for bits in (0, Light.HEAD, Light.BRAKE)}
    assert kinds == {(), (HEAD_LAMP, TAIL_LAMP), (TAIL_LAMP,)}
    tail = gather([Light.HEAD], lamps=())[0].light[1].intensity[0]
    assert gather([Light.BRAKE], lamps=())[0].light[0].intensity[0] > 5.0 * tail
    assert len(gather([Light.HEAD], lit=False)[0].light) == 0


def test_the_grid_lists_every_lamp_that_reaches_a_cell():
    grid, _ = gather([Light.HEAD, Light.HEAD])
    light, corner = grid.light, grid.corner
    for n in range(len(light)):
        if n == 0:
            continue  # the ego's own lamps are looked at everywhere
        hit = 0
        for x in np.arange(-30.0, 60.0, 1.5):
            for y in np.arange(-20.0, 20.0, 1.5):
                if illuminance(light, n, x, y, 0.0) < 0.02:
                    continue
                column, row = int((x - corner[0]) // CELL_SIZE), int((y - corner[1]) // CELL_SIZE)
                assert n in grid.cell_light[row, column]
                hit += 1
        assert hit > 5


def _pixels(places):
    px = np.zeros(points.NUM_VALUES, np.float32)
    for field, values in zip((points.X, points.Y, points.Z), np.array(places, float).T, strict=True):
        px[field : field + len(places)] = values
    return px


def test_ground_is_dark_under_a_car_and_open_away_from_it():
    grid, actors = gather([0, 0])
    px = _pixels([(20.0, 0.0, 0.0), (20.0, 1.0, 0.0), (20.0, 1.6, 0.0), (20.0, 6.0, 0.0), (20.0, 0.0, 0.7)])
    open_ground(
        grid.cell_actor,
        grid.corner,
        actors.position,
        actors.rotation,
        actors.size,
        5,
        px,
        np.zeros(6, np.float32),
        np.zeros(2, np.int32),
    )
    open_share = px[points.OPEN : points.OPEN + 5].tolist()
    assert open_share[0] < 0.15
    assert open_share[:4] == sorted(open_share[:4])
    assert open_share[3] == open_share[4] == 1.0  # beside the car, and on a bridge over it


@pytest.mark.parametrize("kind", [HEAD_LAMP, TAIL_LAMP, STREET_LAMP])
def test_lamps_give_pictures_what_they_give_the_air(kind):
    light = gather([Light.HEAD])[0].light
    n = int(np.flatnonzero(light["kind"] == kind)[0])
    rng = np.random.default_rng(8)
    places = light[n].position + rng.uniform(-12.0, 12.0, (300, 3)) * [1.0, 1.0, 0.6]
    px = _pixels(places)
    px[points.OPEN : points.OPEN + 300] = 1.0
    px[points.NORMAL_X : points.NORMAL_X + 300] = 1.0
    share_of_lamp(light, n, 0.0, 300, px)
    add_lamp(light, n, 300, px)
    shares, lux = [], []
    for place in zip(*(px[field : field + 300].astype(float) for field in (points.X, points.Y, points.Z)), strict=True):
        share, toward, *_ = light_at(light, n, *place)
        shares.append(share)
        lux.append(max(0.0, toward) * share * light[n].intensity[0])
    assert np.count_nonzero(shares) > 40
    np.testing.assert_allclose(px[points.WORK : points.WORK + 300], shares, rtol=2e-3, atol=1e-5)
    np.testing.assert_allclose(px[points.LUX_R : points.LUX_R + 300], lux, rtol=2e-3, atol=1e-5 * light[n].intensity[0])


def test_the_pictures_beam_is_that_of_the_air():
    for across in np.linspace(-1.2, 1.2, 25):
        for up in np.linspace(-0.3, 0.1, 41):
            exact = head_lamp_share(across, up)
            assert beam_share(np.float32(across), np.float32(up)) == pytest.approx(exact, rel=1e-4, abs=1e-4)
