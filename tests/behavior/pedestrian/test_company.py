"""People in company: side by side, slower the more they are, together over crossings and past others."""

import math

import numpy as np
import pytest

from simengine.behavior.pedestrian.company import LOST, abreast, pace_in_group, place_in_group, place_on_pavement
from simengine.behavior.pedestrian.pavement import Crowd, no_crowd
from simengine.behavior.pedestrian.walker_state import COMPANY, DESIRED_SPEED, DIRECTION, LEADER, PHASE, STANDING
from simengine.core.space.geometry import boxes_gap
from simengine.road.procedural.kinds import make_street
from tests.behavior.pedestrian.test_pavement import DT, NO_SIGNALS, make_crowd, make_town, walk

SOUTH = -4.75  # middle of the pavement on the right of the town's street [m]


def wide_town():
    """As `make_town`, with pavements 4 m wide whose middles are at y = ±5.5."""
    return make_street(
        length=100.0, curvature=0.0, lanes_forward=1, lanes_backward=1, lane_width=3.5, shoulder_width=0.0,
        pavement_width=4.0, parking_width=0.0, crossing_spacing=100.0, speed_limit=13.9, grade=0.0, ring=False,
    )  # fmt: skip


def crowd_of(*sizes: int, stands: tuple[int, ...] = (), others: int = 0) -> Crowd:
    """Return groups of these sizes, one after another, then people alone; `stands` names actors."""
    count = sum(sizes) + others
    crowd = no_crowd(1, count)
    crowd.group[0, : sum(sizes)] = np.repeat(np.arange(len(sizes)), sizes)
    crowd.stands[0, list(stands)] = True
    return crowd


def row(count: int, x: float, y: float = SOUTH, yaw: float = 0.0, speed: float = 1.2):
    return [("pedestrian", x, y + 0.8 * (k - 0.5 * (count - 1)), yaw, speed) for k in range(count)]


def rows(count: int, x: float, y: float = SOUTH):
    """Return poses of a group in rows of two."""
    return [("pedestrian", x - k // 2, y + 0.8 * (k % 2 - 0.5), 0.0, 1.2) for k in range(count)]


def touching(track: np.ndarray, yaws: np.ndarray) -> int:
    """Return how many times two people touch."""
    count = 0
    for k in range(len(track)):
        for a in range(track.shape[1]):
            for b in range(a + 1, track.shape[1]):
                if math.hypot(*(track[k, a] - track[k, b])) < 0.9:
                    gap = boxes_gap(*track[k, a], yaws[k, a], 0.5, 0.55, *track[k, b], yaws[k, b], 0.5, 0.55)
                    count += gap < 0.0
    return count


def spread(track: np.ndarray) -> np.ndarray:
    """Return how far the farthest is from the middle of all, at every step [m]."""
    offset = track - track.mean(axis=1, keepdims=True)
    return np.hypot(offset[..., 0], offset[..., 1]).max(axis=1)


def test_three_walk_side_by_side_with_the_middle_one_a_little_behind_and_four_in_two_rows():
    places = [place_in_group(k, 3, 3, 0.8) for k in range(3)]
    assert places == [(-0.8, 0.0), (0.0, pytest.approx(0.2)), (0.8, 0.0)]
    per_row = abreast(4, 10.0, 0.8, False)
    assert per_row == 2 and [place_in_group(k, 4, per_row, 0.8)[1] for k in range(4)] == [0.0, 0.0, 1.0, 1.0]
    assert abreast(3, 1.0, 0.8, False) == 2 and abreast(3, 10.0, 0.8, True) == 1 and abreast(3, 0.1, 0.8, False) == 1


@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_a_group_that_turns_round_changes_no_places(count):
    per_row = abreast(count, 10.0, 0.8, False)
    there = {place_on_pavement(k, count, per_row, 0.8, 1) for k in range(count)}
    back = {place_on_pavement(k, count, per_row, 0.8, -1) for k in range(count)}
    deepest = max(behind for _, behind in there)
    assert len(there) == count and {round(left, 6) for left, _ in there} == {round(left, 6) for left, _ in back}
    assert max(behind for _, behind in back) == deepest


def test_who_is_ahead_of_its_place_slows_to_a_halt_and_who_is_behind_hurries():
    assert pace_in_group(1.2, 0.0) == 1.2
    assert pace_in_group(1.2, -1.0) == pytest.approx(0.7) and pace_in_group(1.2, -4.0) == 0.0
    assert 1.2 < pace_in_group(1.2, 0.2) <= pace_in_group(1.2, 5.0) == pytest.approx(1.44)


@pytest.mark.parametrize(("count", "slowing"), [(2, 0.04), (3, 0.08), (4, 0.0)])
def test_a_group_walks_at_one_speed_that_company_slows(count, slowing):
    poses = row(count, 20.0)
    *_, alone = make_crowd(make_town(), poses)
    *_, people = make_crowd(make_town(), poses, crowd=crowd_of(count), slowing=slowing)
    speeds = people.mind[0, :, DESIRED_SPEED]
    assert np.ptp(speeds) == 0.0 and np.ptp(alone.mind[0, :, DESIRED_SPEED]) > 0.0
    assert speeds[0] == pytest.approx(alone.mind[0, 0, DESIRED_SPEED] - slowing * (count - 1))
    assert people.choice[0, :, LEADER].tolist() == [0] * count and (people.choice[0, :, COMPANY] == count).all()


@pytest.mark.parametrize("count", [2, 3])
def test_a_group_stays_side_by_side(count):
    actors, state, people = make_crowd(wide_town(), row(count, 15.0, y=-5.5), crowd=crowd_of(count))
    track, yaws = walk(actors, state, people, NO_SIGNALS, 600)
    late = track[200:]
    assert late[-1, :, 0].min() > 40.0
    assert np.ptp(late[..., 0], axis=1).max() < 0.85 and touching(track, yaws) == 0  # three form a V
    apart = np.hypot(*np.moveaxis(np.diff(late, axis=1), -1, 0))  # of neighbors, who keep their order
    assert apart.min() > 0.7 and np.median(apart) < 1.2
    assert np.diff(late[..., 1], axis=1).min() > 0.5  # beside each other all the time


def test_the_first_waits_for_who_has_fallen_behind():
    poses = [("pedestrian", 24.0, SOUTH, 0.0, 1.2), ("pedestrian", 16.0, SOUTH, 0.0, 1.2)]
    actors, state, people = make_crowd(make_town(), poses, crowd=crowd_of(2))
    track, _ = walk(actors, state, people, NO_SIGNALS, 400)
    assert np.abs(track[60, 0] - track[20, 0]).max() < 1.0  # it has stopped
    assert spread(track[-100:]).max() < 1.0 and track[-1, :, 0].min() > 25.0


def test_nobody_waits_for_ever_for_one_who_cannot_come():
    poses = [("pedestrian", 24.0, SOUTH, 0.0, 1.2), ("pedestrian", 16.0, SOUTH, 0.0, 0.0)]
    crowd = crowd_of(2, stands=(1,))
    actors, state, people = make_crowd(make_town(), poses, crowd=crowd)
    track, _ = walk(actors, state, people, NO_SIGNALS, 1000)
    assert math.hypot(*(track[-1, 0] - track[-1, 1])) > LOST


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_group_crosses_together(count):
    poses, crowd = rows(count, 42.0), crowd_of(count)
    actors, state, people = make_crowd(make_town(), poses, fraction=1.0, crowd=crowd, seed=4)
    track, yaws = walk(actors, state, people, NO_SIGNALS, 500)
    over = (track[..., 1] > 3.5).any(axis=0)
    assert over.all() and touching(track, yaws) == 0
    assert spread(track).max() < 3.5
    on_road = np.abs(track[..., 1]) < 3.5
    steps_on = [np.flatnonzero(on_road[:, a])[0] for a in range(count)]
    assert (max(steps_on) - min(steps_on)) * DT < 4.0  # one row after the other
    assert (np.abs(track[on_road][:, 0] - 50.0) < 1.6).all()  # on the crossing
    assert len(set(people.choice[0, :, DIRECTION].tolist())) == 1


def test_a_group_waits_for_a_car_and_nobody_of_it_is_left_on_the_road():
    poses = [*row(3, 44.0, y=-4.9), ("sedan", 50.0 - 70.0, -1.75, 0.0, 13.9)]
    crowd = crowd_of(3, others=1)
    actors, state, people = make_crowd(make_town(), poses, fraction=1.0, crowd=crowd)
    passes = int(68.0 / 13.9 / DT)
    track, _ = walk(actors, state, people, NO_SIGNALS, passes + 300)
    assert (track[:passes, :3, 1] < -3.3).all()  # all of them at the curb until the car has passed
    assert (track[-1, :3, 1] > 3.5).all()


def test_groups_that_meet_on_a_narrow_pavement_pass_each_other():
    poses = [*row(2, 20.0), *row(2, 32.0, yaw=math.pi)]
    actors, state, people = make_crowd(make_town(), poses, crowd=crowd_of(2, 2))
    track, yaws = walk(actors, state, people, NO_SIGNALS, 600)
    first, second = track[:, :2].mean(axis=1), track[:, 2:].mean(axis=1)
    assert first[-1, 0] > 32.0 and second[-1, 0] < 20.0
    assert touching(track, yaws) == 0
    assert spread(track[:, :2]).max() < 2.5 and spread(track[:, 2:]).max() < 2.5


def test_a_group_goes_round_people_who_stand():
    poses = [*row(2, 20.0), ("pedestrian", 30.0, SOUTH - 0.9, 1.57, 0.0), ("pedestrian", 30.8, SOUTH - 0.9, -1.57, 0.0)]
    actors, state, people = make_crowd(make_town(), poses, crowd=crowd_of(2, 2, stands=(2, 3)))
    assert (people.choice[0, 2:, PHASE] == STANDING).all()
    track, yaws = walk(actors, state, people, NO_SIGNALS, 600)
    assert (track[:, 2:] == track[0, 2:]).all()  # they stand
    assert track[-1, :2, 0].min() > 34.0 and touching(track, yaws) == 0


def test_people_of_a_group_follow_each_other_in_the_arrays():
    crowd = no_crowd(1, 3)
    crowd.group[0] = (0, -1, 0)
    with pytest.raises(ValueError, match="do not follow each other"):
        make_crowd(make_town(), row(3, 20.0), crowd=crowd)
