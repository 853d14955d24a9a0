"""The ring of states: exact times, interpolation, appearance."""

import pytest

from simengine.core.history import History, time_of_tick
from simengine.core.state import empty_state


def moving_state(tick, x, valid=True):
    state = empty_state(1, 1)
    state.tick[0] = tick
    state.position[0, 0, 0] = x
    state.valid[0, 0] = valid
    return state


def test_time_is_derived_and_never_drifts():
    assert time_of_tick(120, 120) == 1_000_000_000
    assert time_of_tick(1, 120) == 8_333_333
    assert time_of_tick(120 * 3600 * 24 * 365, 120) == 3600 * 24 * 365 * 1_000_000_000


@pytest.mark.parametrize("time_ns", [4_166_666, 8_333_333, 12_500_000, 16_666_667])
def test_positions_are_interpolated_between_ticks(time_ns):
    history = History(120, 8)
    for tick in range(3):
        history.push(moving_state(tick, 10.0 * tick))
    assert history.poses_at(time_ns).position[0, 0] == pytest.approx(10.0 * time_ns * 120 / 1e9)


def test_every_exact_tick_reads_that_tick():
    history = History(120, 300)
    for tick in range(250):
        history.push(moving_state(tick, float(tick)))
    for tick in range(250):
        assert history.poses_at(time_of_tick(tick, 120)).position[0, 0] == pytest.approx(tick, abs=1e-6)


def test_two_vehicles_in_one_slot_are_not_joined():
    history = History(100, 4)
    first, second = moving_state(0, 5.0), moving_state(1, 300.0)
    second.identity[0, 0] = 7
    history.push(first)
    history.push(second)
    between = history.poses_at(5_000_000)
    assert (between.position[0, 0], between.identity[0]) == (5.0, 0)
    assert history.poses_at(10_000_000).identity[0] == 7


def test_an_actor_that_appears_is_not_dragged_from_where_it_waited():
    history = History(100, 4)
    history.push(moving_state(0, 0.0, valid=False))
    history.push(moving_state(1, 100.0))
    poses = history.poses_at(5_000_000)
    assert not poses.valid[0]
    assert poses.position[0, 0] == 0.0


def test_old_states_are_forgotten():
    history = History(100, 2)
    for tick in range(4):
        history.push(moving_state(tick, 0.0))
    with pytest.raises(KeyError):
        history.at_tick(1)


def test_a_newer_state_is_looked_at_even_if_its_time_was_asked_for_before():
    history = History(100, 4)
    history.push(moving_state(0, 1.0))
    assert history.poses_at(5_000_000).position[0, 0] == 1.0  # all that is known yet
    history.push(moving_state(1, 3.0))
    assert history.poses_at(5_000_000).position[0, 0] == 2.0
