"""Signal programmes: phases, offsets, cycles, and the time to the next change."""


import numpy as np
import pytest

from simengine.road.build import LaneDraft, SignalDraft, build_network
from simengine.road.network import SignalColor
from simengine.road.signals import group_colors, signal_colors

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
        (0.0, GREEN, RED), (19.99, GREEN, RED), (20.0, AMBER, RED), (23.0, RED, RED), (25.0, RED, GREEN),
        (34.99, RED, GREEN), (35.0, RED, RED), (49.0, RED_AMBER, RED), (50.0, GREEN, RED), (1075.0, RED, GREEN),
        (-1.0, RED_AMBER, RED),
    ],
)
def test_colors_follow_the_programme_from_its_offset(time, main, walk):
    assert signal_colors(ROAD, time).tolist() == [walk, main, main, OFF]
    assert group_colors(ROAD, time).tolist() == [walk, main, OFF]


def test_network_without_signals_shows_nothing():
    lane = LaneDraft("a", np.array([[0.0, 0, 0], [9, 0, 0]]), np.full(2, 3.0), np.zeros(2))
    assert signal_colors(build_network([lane]), 3.0).shape == (0,)
