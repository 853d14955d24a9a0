"""Signal programs: phases, offsets, cycles, and the time to the next change."""

import numpy as np
import pytest

from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft, SignalDraft
from simengine.road.network.network import SignalColor
from simengine.road.network.signals import group_colors, signal_changes, signal_colors

RED, RED_AMBER, GREEN, AMBER, OFF = SignalColor
CAR = [(20.0, GREEN), (3.0, AMBER), (26.0, RED), (1.0, RED_AMBER)]
WALKER = [(10.0, GREEN), (5.0, RED), (0.0, OFF), (35.0, RED)]


def network():
    signals = [
        SignalDraft("walk", (0, 0, 3), 0.0, WALKER, offset=25.0, group="walk"),
        SignalDraft("main", (0, 0, 5), 0.0, CAR, group="main"),
        SignalDraft("main2", (0, 9, 5), 0.0, CAR, group="main"),
        SignalDraft("off", (0, 0, 5), 0.0, [(1.0, OFF)]),
    ]
    lane = LaneDraft("a", np.array([[0.0, 0, 0], [9, 0, 0]]), np.full(2, 3.0), np.zeros(2))
    return build_network([lane], signals=signals)


ROAD = network()


@pytest.mark.parametrize(
    ("time", "main", "walk"),
    [
        (0.0, GREEN, RED),
        (19.99, GREEN, RED),
        (20.0, AMBER, RED),
        (23.0, RED, RED),
        (25.0, RED, GREEN),
        (34.99, RED, GREEN),
        (35.0, RED, RED),
        (49.0, RED_AMBER, RED),
        (50.0, GREEN, RED),
        (1075.0, RED, GREEN),
        (-1.0, RED_AMBER, RED),
    ],
)
def test_colors_follow_the_program_from_its_offset(time, main, walk):
    assert signal_colors(ROAD, time).tolist() == [walk, main, main, OFF]
    assert group_colors(ROAD, time).tolist() == [walk, main, OFF]


def test_network_without_signals_shows_nothing():
    lane = LaneDraft("a", np.array([[0.0, 0, 0], [9, 0, 0]]), np.full(2, 3.0), np.zeros(2))
    assert signal_colors(build_network([lane]), 3.0).shape == (0,)


def test_changes_are_the_first_nanoseconds_that_show_another_color():
    found = signal_changes(ROAD, 120_000_000_000)
    whole = [second * 1_000_000_000 for second in (20, 23, 25, 35, 49, 50, 70, 73, 75, 85, 99, 100, 120)]
    assert np.abs(np.subtract(found, whole)).max() <= 1
    for time_ns in found:
        before, after = (signal_colors(ROAD, t * 1e-9).tolist() for t in (time_ns - 1, time_ns))
        assert before != after
    between = np.linspace(0, 120_000_000_000, 4001).astype(int)
    shown = [signal_colors(ROAD, t * 1e-9).tolist() for t in [0, *found]]
    for t in between.tolist():
        assert signal_colors(ROAD, t * 1e-9).tolist() == shown[int(np.searchsorted(found, t, side="right"))]


def test_signals_that_never_change_have_no_changes():
    lane = LaneDraft("a", np.array([[0.0, 0, 0], [9, 0, 0]]), np.full(2, 3.0), np.zeros(2))
    still = build_network([lane], signals=[SignalDraft("off", (0, 0, 5), 0.0, [(1.0, OFF)])])
    assert signal_changes(still, 60_000_000_000) == []
    assert signal_changes(build_network([lane]), 60_000_000_000) == []
