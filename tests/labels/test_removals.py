"""A vehicle that was taken out, or stood for long, is told as an interval of the episode."""

from simengine.behavior.traffic.removal import Removal, Standstill
from simengine.labels.removals import removal_intervals, standing_intervals


def test_a_removal_is_an_interval_with_its_reason_and_actor():
    (found,) = removal_intervals([Removal(7, 3, "standing", 5_000_000_000, 65_000_000_000, (1.0, 2.0, 0.0))])
    assert found.name == "taken_out:standing"
    assert (found.actor, found.start_ns, found.response_ns, found.end_ns) == (7, 5_000_000_000, -1, 65_000_000_000)


def test_a_standstill_is_an_interval_with_its_actor():
    (found,) = standing_intervals([Standstill(7, 5_000_000_000, 95_000_000_000)])
    assert found == ("standing", 7, 5_000_000_000, -1, 95_000_000_000)
