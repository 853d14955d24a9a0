"""Companies that meet on a pavement: they share its width, pass each other on one side, and walk through nobody."""

import math

import numpy as np
import pytest

from simengine.core.state import ActorKind
from simengine.road.procedural.kinds import make_street
from simengine.verify.company_passing import meetings
from tests.behavior.pedestrian.test_company import crowd_of, touching
from tests.behavior.pedestrian.test_pavement import DT, NO_SIGNALS, make_crowd, walk


def street(width: float):
    """Return a street along x with pavements of a width [m] beside two lanes, whose curbs are at y = ±3.5."""
    return make_street(
        length=100.0, curvature=0.0, lanes_forward=1, lanes_backward=1, lane_width=3.5, shoulder_width=0.0,
        pavement_width=width, parking_width=0.0, crossing_spacing=100.0, speed_limit=13.9, grade=0.0, ring=False,
    )  # fmt: skip


def company(count: int, x: float, y: float, yaw: float, abreast: int):
    """Return poses of people in rows, 0.8 m apart."""
    back = math.cos(yaw)
    return [
        ("pedestrian", x - back * (k // abreast), y + 0.8 * (k % abreast - 0.5 * (abreast - 1)), yaw, 1.2)
        for k in range(count)
    ]


@pytest.mark.parametrize(
    ("width", "ours", "theirs", "seed"),
    [(4.0, 2, 2, 0), (4.0, 3, 3, 1), (3.0, 3, 3, 2), (2.5, 3, 2, 1), (2.5, 2, 1, 0), (2.2, 3, 3, 3)],
)
def test_companies_that_meet_pass_on_one_side_and_nobody_walks_between_companions(width, ours, theirs, seed):
    y, rows = -3.5 - 0.5 * width, 1 if width < 2.4 else 2 if width < 3.0 else 3
    poses = [
        *company(ours, 15.0, y, 0.0, min(rows, ours)), *company(theirs, 40.0, y + 0.05, math.pi, min(rows, theirs))
    ]  # fmt: skip
    crowd = crowd_of(ours, theirs) if theirs > 1 else crowd_of(ours, others=1)
    actors, state, people = make_crowd(street(width), poses, crowd=crowd, seed=seed)
    assert (actors.kind == ActorKind.PEDESTRIAN).all()
    track, yaws = walk(actors, state, people, NO_SIGNALS, 440)
    found = meetings(track[::5], crowd.group[0], 5.0 * DT)
    assert found.through == 0 and found.passed >= 1
    assert track[-1, :ours, 0].min() > 28.0 and track[-1, ours:, 0].max() < 28.0 and touching(track, yaws) == 0
    assert np.abs(track[..., 1] - y).max() < 0.5 * width - 0.25


def test_a_group_of_three_gets_by_people_who_stand_on_its_wider_side():
    y = -5.0
    ring = [("pedestrian", 30.0, y - 1.15, 1.57, 0.0), ("pedestrian", 30.0, y - 0.35, -1.57, 0.0)]
    poses = [*company(3, 20.0, y, 0.0, 3), *ring]
    actors, state, people = make_crowd(street(3.0), poses, crowd=crowd_of(3, 2, stands=(3, 4)))
    track, yaws = walk(actors, state, people, NO_SIGNALS, 400)
    level = [int(np.argmax(track[:, a, 0] > 30.0)) for a in range(3)]
    assert all(track[k, a, 1] > y + 0.1 for a, k in enumerate(level)) and touching(track, yaws) == 0


def test_meetings_tell_passing_from_walking_through():
    time = 0.25 * np.arange(80)

    def at(x, y, speed):
        return np.stack([x + speed * time, np.full(80, y)], axis=1)

    pair = [at(0.0, 0.4, 1.2), at(0.0, -0.4, 1.2)]
    aside, between, behind = at(20.0, 1.2, -1.2), at(20.0, 0.0, -1.2), at(-8.0, 0.0, 1.6)
    for other, expected in ((aside, (1, 0)), (between, (0, 1)), (behind, (0, 0))):
        assert meetings(np.stack([*pair, other], axis=1), np.array([0, 0, -1], np.int32), 0.25) == expected
    assert meetings(np.stack([pair[0], between], axis=1), np.array([-1, -1], np.int32), 0.25) == (0, 0)
