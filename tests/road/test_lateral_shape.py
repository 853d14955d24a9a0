"""Lateral shapes: heights against their polynomials, and what of them reaches lanes and things beside the road."""

import math

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.road.network.network import lane_arrays
from simengine.road.network.projection import ground_at
from simengine.road.opendrive.geometry.lateral_shape import LateralShape, shape_height
from tests.road.plain_road import DRIVING, read, road

LANE = '<lane id="{}" type="driving" level="{}"><width sOffset="0" a="4" b="0" c="0" d="0"/></lane>'
SIGN = '<signals><signal id="1" s="50" t="-8" type="205" dynamic="no" orientation="+" zOffset="2"/></signals>'


def shape(s, t, a=0.0, b=0.0, c=0.0, d=0.0):
    return f'<shape s="{s}" t="{t}" a="{a}" b="{b}" c="{c}" d="{d}"/>'


def points(network, name):
    i = int(np.flatnonzero(network.lane_name == name)[0])
    here = slice(network.lane_first_point[i], network.lane_first_point[i + 1])
    return network.point_position[here], network.point_bank[here]


def test_crown_of_the_format_s_own_example_has_its_heights():
    """OpenDRIVE 1.6, 8.6.1: level to t = −3, up 0.15 a meter to 0.45 at t = 0, down 0.1 a meter to 0.05 at t = 4."""
    crown = LateralShape(
        np.array([0.0]), np.array([0, 4]), np.array([-4.0, -3.0, 0.0, 4.0]),
        np.array([[0.0, 0, 0, 0], [0.0, 0.15, 0, 0], [0.45, -0.1, 0, 0], [0.05, 0, 0, 0]]),
    )  # fmt: skip
    heights = [shape_height(crown, 7.0, t) for t in (-5.0, -3.5, -3.0, -1.0, 0.0, 2.0, 4.0, 6.0)]
    assert heights == pytest.approx([0.0, 0.0, 0.0, 0.3, 0.45, 0.25, 0.05, 0.05])


def test_between_two_profiles_height_is_linear_in_s_for_each_t(tmp_path):
    lateral = shape(20, -8, a=0.0) + shape(60, -8, a=-0.4, b=0.1) + shape(60, -4, a=0.0, b=0.0)
    network, remarks = read(tmp_path, road(lateral=lateral, right=DRIVING + DRIVING.replace("-1", "-2")))
    (inner, flat), (outer, bank) = points(network, "1.0.-1"), points(network, "1.0.-2")
    assert not remarks and not inner[:, 2].any() and not flat.any()
    share = np.clip((outer[:, 0] - 20.0) / 40.0, 0.0, 1.0)
    assert outer[:, 2] == pytest.approx(-0.2 * share, abs=1e-12)
    assert np.tan(bank) == pytest.approx(0.1 * share)
    assert {20.0, 60.0} <= set(outer[:, 0].tolist())


def test_cubic_camber_raises_lanes_by_its_height_at_their_center_and_its_mean_slope(tmp_path):
    """−0.005 t²: at t = ∓2 that is −0.02, sloping by 0.02; lanes meet at the crown and at their outer edges."""
    lateral = shape(0, -8, a=-0.32, b=0.08, c=-0.005)
    two = [LANE.format(number, "false") for number in (-1, -2, 1)]
    network, _ = read(tmp_path, road(lateral=lateral, right=two[0] + two[1], left=two[2]))
    for name, height, slope in (("1.0.-1", -0.02, 0.02), ("1.0.-2", -0.18, 0.06), ("1.0.1", -0.02, 0.02)):
        place, bank = points(network, name)
        assert place[:, 2] == pytest.approx(height, abs=1e-9) and np.tan(bank) == pytest.approx(slope)


def test_shape_stands_on_the_superelevation_and_follows_the_lane_offset(tmp_path):
    lateral = '<superelevation s="0" a="0.1" b="0" c="0" d="0"/>' + shape(0, -8, a=0.36, b=0.02)
    offset = '<laneOffset s="0" a="1" b="0" c="0" d="0"/>'
    network, _ = read(tmp_path, road(lateral=lateral, lanes=offset))
    place, bank = points(network, "1.0.-1")  # its center is at t = 1 − 2, where the shape is 0.5 high
    assert place[0] == pytest.approx(
        [0.0, -math.cos(0.1) - 0.5 * math.sin(0.1), -math.sin(0.1) + 0.5 * math.cos(0.1)], abs=1e-9
    )
    assert bank[0] == pytest.approx(0.1 + math.atan(0.02))


def test_level_lanes_keep_the_height_of_their_inner_edge(tmp_path):
    lateral = shape(0, -12, a=-1.2, b=0.1)
    right = LANE.format(-1, "false") + LANE.format(-2, "true") + LANE.format(-3, "true")
    network, _ = read(tmp_path, road(lateral=lateral, right=right))
    heights = [points(network, f"1.0.-{k}")[0][0, 2] for k in (1, 2, 3)]
    assert heights == pytest.approx([-0.2, -0.4, -0.4]) and not points(network, "1.0.-3")[1].any()


def test_signs_stand_on_the_shape(tmp_path):
    flat, raised = (
        read(tmp_path, road(lateral=lateral, more=SIGN)).network.sign_position[0]
        for lateral in ("", shape(0, -8, a=0.25))
    )
    assert raised - flat == pytest.approx([0.0, 0.0, 0.25])


def test_shape_that_raises_nothing_is_none(tmp_path):
    zeros = shape(0, -4) + shape(0, 0) + shape(50, -4)
    plain, zero = (read(tmp_path, road(lateral=lateral)) for lateral in ("", zeros))
    assert not zero.remarks
    assert all(np.array_equal(a, b) for a, b in zip(plain.network, zero.network, strict=True))


@pytest.mark.parametrize(
    ("lateral", "words"),
    [
        (shape(50, 0) + shape(20, 0, a=1), "s='20': records must ascend by s and then by t"),
        (shape(0, 4) + shape(0, 0, a=1), "t='0': records of one s must ascend by t"),
        (shape(0, 0, a="nan"), "<shape> a='nan'"),
    ],
)
def test_shapes_out_of_order_or_bad_are_refused(tmp_path, lateral, words):
    with pytest.raises(ScenarioError, match=words.replace("(", r"\(")):
        read(tmp_path, road(lateral=lateral))


def test_records_that_differ_by_rounding_are_at_one_place(tmp_path):
    lateral = shape(0, -4, a=0.1) + shape(50, -4, a=0.1) + shape(49.99999999, 0, a=0.2) + shape("50.00000001", 4, a=0.3)
    place, _ = points(read(tmp_path, road(lateral=lateral)).network, "1.0.-1")
    assert place[:, 2] == pytest.approx(0.1)


def test_the_ground_under_the_wheels_is_the_crown(tmp_path):
    """A crown that falls by 6 % to both sides: its height and its normal at places across the road."""
    lateral = shape(0, -8, a=-0.48, b=0.06) + shape(0, 0, b=-0.06)
    two = [LANE.format(number, "false") for number in (1, -1)]
    lanes = lane_arrays(read(tmp_path, road(lateral=lateral, left=two[0], right=two[1])).network)
    for y in (-3.9, -2.0, -0.1, 0.1, 2.0, 3.9):
        z, nx, ny, nz = ground_at(lanes, 50.0, y, math.nan)
        assert z == pytest.approx(-0.06 * abs(y), abs=1e-9)
        assert (nx, ny / nz) == pytest.approx((0.0, math.copysign(0.06, y)), abs=1e-9)
