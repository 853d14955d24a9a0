"""How ends of lanes lie to each other, and the piece that closes a gap."""

import math

import numpy as np
import pytest

from simengine.road.network.drafts import LaneDraft
from simengine.road.network.joints import Fit, Joint, close_gap, joint_of
from simengine.road.network.network import MarkingType


def lane(x, y, heading, length=20.0, width=3.5, z=0.0):
    s = np.linspace(0.0, length, 11)
    points = np.stack([x + s * math.cos(heading), y + s * math.sin(heading), np.full(11, z)], axis=1)
    return LaneDraft("a", points, np.full(11, width), np.zeros(11))


@pytest.mark.parametrize(
    ("second", "fit"),
    [
        (lane(20.05, 0, 0), Fit.MEETS),
        (lane(20, 0, 0.4), Fit.MEETS),  # as digitised lanes meet
        (lane(20, 1.75, 0, width=7.0), Fit.MEETS),  # an edge in line
        (lane(20, 1.75, 0), Fit.APART),
        (lane(20, 0.9, 0), Fit.NEAR),
        (lane(21.5, 0, 0), Fit.NEAR),
        (lane(18.5, 0, 0), Fit.NEAR),
        (lane(20, 0, 1.2), Fit.NEAR),
        (lane(20, 0, 2.0), Fit.APART),
        (lane(20, 0, 0, z=0.8), Fit.NEAR),
        (lane(20, 0, 0, z=2.5), Fit.APART),
        (lane(26, 0, 0), Fit.APART),
    ],
)
def test_a_joint_is_judged_by_what_a_car_can_drive(second, fit):
    assert joint_of(lane(0, 0, 0), second).fit == fit


def test_only_gaps_straight_ahead_are_closed():
    first = lane(0, 0, 0)
    assert joint_of(first, lane(28, 1, 0.1)).can_be_closed
    for second in (lane(32, 0, 0), lane(28, 3, 0), lane(28, 0, 0.6), lane(28, 0, 0, z=3.0), lane(12, 0, 0)):
        assert not joint_of(first, second).can_be_closed


@pytest.mark.parametrize("extend_first", [True, False])
def test_the_piece_that_closes_a_gap_is_tangent_and_carries_on_what_lanes_say(extend_first):
    first, second = lane(0, 0, 0), lane(28, 1, 0.1, width=4.5)
    for draft in (first, second):
        draft.marking_left = np.full(11, MarkingType.SOLID, np.int32)
    close_gap(first, second, extend_first)
    assert joint_of(first, second).fit == Fit.MEETS
    drawn = first if extend_first else second
    assert len(drawn.points) == len(drawn.width) == len(drawn.bank) == len(drawn.marking_left) > 15
    assert np.diff(drawn.width).max() < 0.2 and set(drawn.marking_left.tolist()) == {MarkingType.SOLID}
    heading = np.arctan2(*np.diff(drawn.points[:, :2], axis=0).T[::-1])
    assert np.abs(np.diff(heading)).max() < 0.1


@pytest.mark.parametrize(("rise", "fit"), [(0.0, Fit.MEETS), (1.5, Fit.NEAR), (-1.5, Fit.NEAR), (2.5, Fit.APART)])
def test_lanes_of_one_level_are_linked_and_others_not(rise, fit):
    assert Joint(ahead=0.0, aside=0.0, rise=rise, turn=0.0).fit == fit
