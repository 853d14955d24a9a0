"""The careful driver in whole episodes: stopping distances and what is avoidable, against figures worked out by hand."""

import math

import pytest

from simengine.behavior.observation import Control
from simengine.metrics.careful_driver import human_limits, stopping_distance
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize
from simengine.simulation.simulator import Simulator
from simengine.verify.difficulty import Sample, judge_sample, make_watch, measure

BASE = (
    "scenario=drive", "sensors=none", "traffic=none", "pedestrians=none", "criteria=collision", "ego=sedan",
    "ego.driver=constant", "ego.lane=1",
)  # fmt: skip
BRAKE_GAP = 0.4 + 0.75  # from first sight to the brakes [s]


def appearing(kind: str, seconds: float, kmh: float, physics: str, *more: str) -> Simulator:
    """Return an ego at a constant speed in whose lane somebody appears as far ahead as it drives in `seconds`."""
    speed = kmh / 3.6
    ahead = speed * (1.0 + seconds) + 2.5 + (0.25 if kind == "pedestrian" else 2.3)
    actor = (
        f"{{kind: {kind}, behavior: scripted, speed: 0.0, present: false, place: {{arm: own, lane: 0, ahead: {ahead}, "
        "lateral: 0.0, heading_deg: 0.0, height: 0.0}}"
    )
    event = "{actor: other, when: {kind: time, time: 1.0}, do: {kind: appear}, hazard: true}"
    tree = compose(
        "config",
        (
            *BASE, f"physics={physics}", f"ego.speed={speed}", "scenario.duration=10.0",
            f"+scenario.actors.other={actor}", f"+scenario.events.show={event}", *more,
        ),
    )  # fmt: skip
    return Simulator(concretize(tree, 1))


@pytest.mark.parametrize("physics", ["bullet", "batched"])
@pytest.mark.parametrize(("kmh", "avoidable"), [(30.0, True), (50.0, False)])
def test_a_pedestrian_who_appears_20_m_ahead_is_avoidable_at_30_but_not_at_50(physics, kmh, avoidable):
    """30 km/h: 9.6 m until the brakes act and 6.6 m to stop. 50 km/h: 16 m and then 16.3 m."""
    speed = kmh / 3.6
    reach = stopping_distance(speed, human_limits(0), 0.9)
    assert (reach < 20.0) is avoidable
    assert reach == pytest.approx({30.0: 16.6, 50.0: 32.7}[kmh], abs=0.5)
    simulator = appearing("pedestrian", 20.0 / speed, kmh, physics)
    sample = judge_sample(simulator)
    simulator.close()
    assert sample.fired and sample.failed
    assert sample.avoidable is avoidable, sample
