"""Stages of signaled junctions: what crosses is never green together, what does not is, turns are protected."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simengine.road.opendrive.signals.stages import Lamp, Way, deal_stages

HEADING = {"west": 0.0, "south": 0.5 * math.pi, "east": math.pi, "north": -0.5 * math.pi}


def way(arm: str, turn: str) -> Way:
    return Way(f"{arm}.{'left' if turn == 'left' else 'main'}", (f"{arm} {turn}",), HEADING[arm], turn == "left")


def crossroads(arms=tuple(HEADING)) -> set[frozenset[str]]:
    """Return what overlaps where straight ways and left turns of four arms meet."""
    turns = [(arm, turn) for arm in arms for turn in ("straight", "left")]
    return {
        frozenset((f"{a} {s}", f"{b} {t}"))
        for a, s in turns
        for b, t in turns
        if a != b and not (s == t and abs(abs(HEADING[a] - HEADING[b]) - math.pi) < 0.1)
    }


def green(lamps: list[Lamp], overlapping: set[frozenset[str]]) -> list[set[str]]:
    return [{lamps[i].name for i in stage} for stage in deal_stages(lamps, overlapping)]


def test_opposite_approaches_share_a_stage_and_their_left_turns_yield():
    lamps = [Lamp(arm, (way(arm, "straight"), way(arm, "left"))) for arm in HEADING]
    assert green(lamps, crossroads()) == [{"west", "east"}, {"south", "north"}]


def test_a_lamp_of_left_turns_alone_is_never_green_with_oncoming_traffic():
    lamps = [Lamp(f"{arm} {turn}", (way(arm, turn),)) for arm in HEADING for turn in ("straight", "left")]
    assert green(lamps, crossroads()) == [
        {"west straight", "east straight"}, {"west left", "east left"},
        {"south straight", "north straight"}, {"south left", "north left"},
    ]  # fmt: skip


def test_a_light_is_green_in_every_stage_that_it_does_not_disturb():
    right = Lamp("right", (Way("west.right", ("west right",), 0.0, False),))
    lamps = [Lamp("west", (way("west", "straight"),)), Lamp("south", (way("south", "straight"),)),
             Lamp("east left", (way("east", "left"),)), right]  # fmt: skip
    overlapping = crossroads() | {frozenset(("west right", "south straight"))}
    stages = green(lamps, overlapping)
    assert sum("right" in stage for stage in stages) == len(stages) - 1
    assert all(not {"right", "south"} <= stage for stage in stages)


def test_a_light_that_disturbs_nobody_is_red_at_times():
    lamps = [Lamp("west", (way("west", "straight"),)), Lamp("south", (way("south", "straight"),)),
             Lamp("free", (Way("x", ("x straight",), 0.0, False),))]  # fmt: skip
    stages = green(lamps, crossroads())
    assert len(stages) == 2 and sum("free" in stage for stage in stages) == 1


@given(
    st.integers(1, 7).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20))
    )
)
def test_every_light_gets_green_and_no_two_ways_that_cross_do_together(drawn):
    n, pairs = drawn
    lamps = [Lamp(str(i), (Way(str(i), (str(i),), 0.3 * i / n, False),)) for i in range(n)]
    overlapping = {frozenset((str(a), str(b))) for a, b in pairs if a != b}
    stages = deal_stages(lamps, overlapping)
    assert {i for stage in stages for i in stage} == set(range(n))
    for stage in stages:
        assert not any(frozenset((str(a), str(b))) in overlapping for a in stage for b in stage)
    crossed = {i for pair in overlapping for i in map(int, pair)}
    assert len(stages) <= max(1, len(crossed))


@pytest.mark.parametrize("count", [2, 5, 12])
def test_as_few_stages_as_a_ring_of_conflicts_allows(count):
    lamps = [Lamp(str(i), (Way(str(i), (str(i),), 0.0, False),)) for i in range(count)]
    ring = {frozenset(pair) for pair in [*pairwise(map(str, range(count))), (str(count - 1), "0")]}
    assert len(deal_stages(lamps, ring)) == (2 if count % 2 == 0 else 3)
