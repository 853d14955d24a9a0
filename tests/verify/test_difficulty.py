"""The careful driver in whole episodes: how far it stops and what is avoidable, against figures worked out by hand."""

import math
from types import SimpleNamespace

import pytest

from simengine.metrics.careful_driver import human_limits, stopping_distance
from simengine.metrics.verdict import CriterionResult, Verdict
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize
from simengine.simulation.loop.simulator import Simulator
from simengine.verify.difficulty import Sample, harm_ns, judge_sample, judge_second, make_watch, measure

BASE = (
    "scenario=drive", "sensors=none", "traffic=none", "pedestrians=none", "criteria=collision", "ego=sedan",
    "ego.driver=constant", "ego.lane=1",
)  # fmt: skip
BRAKE_GAP = 0.4 + 0.75  # from first sight to the brakes [s]


def criteria() -> SimpleNamespace:
    """Return what the judging needs of a simulator: the kinds of its criteria."""
    kinds = {"soft": "max_deceleration", "late": "reach_goal", "crash": "no_collision"}
    return SimpleNamespace(
        scenario=SimpleNamespace(criteria={name: SimpleNamespace(kind=kind) for name, kind in kinds.items()})
    )


def failed(name: str) -> CriterionResult:
    """Return a criterion that failed at 7 ns."""
    return CriterionResult(name, False, 7, (), None, "")


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
            *BASE, f"physics={physics}", f"ego.speed={speed}", "scenario.duration=20.0",
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


@pytest.mark.parametrize("physics", ["bullet", "batched"])
@pytest.mark.parametrize(("kmh", "weather"), [(50.0, "clear"), (100.0, "clear"), (50.0, "heavy_rain"), (30.0, "ice")])
def test_the_careful_driver_stops_the_car_in_the_distance_of_its_profile(physics, kmh, weather):
    """From where the brakes begin to act to standstill, before a car that stands so far away that it is not reached."""
    simulator = appearing("car", 8.0 if weather == "ice" else 4.0, kmh, physics, f"weather={weather}")
    watch, snapshot = make_watch(simulator), simulator.reset()
    begun, speed, ends = math.nan, math.nan, math.nan
    while not simulator.done and math.isnan(ends):
        watch.look(snapshot.state, snapshot.observation)
        seen = snapshot.observation
        if math.isnan(begun) and seen.time >= watch.brakes_at - 1e-6:
            begun, speed = float(seen.position[0]), seen.speed
        elif seen.speed < 0.02:
            ends = float(seen.position[0])
        snapshot = simulator.step(None, watch.brake)
    friction, collided = float(simulator.world.ground.friction[0]), simulator.metrics["collided"]
    simulator.close()
    expected = stopping_distance(speed, human_limits(0), friction) - BRAKE_GAP * speed
    assert not collided
    assert ends - begun == pytest.approx(expected, rel=0.04, abs=0.3)


@pytest.mark.parametrize(("gap", "avoidable"), [(20.0, False), (40.0, True)])
def test_a_leader_that_stops_with_7_m_s2_needs_a_gap_of_some_28_m_at_20_m_s(gap, avoidable):
    """Own way: 23 m until the brakes act, 32.3 m of braking; the leader's: 28.6 m. 26.7 m and the time to notice."""
    lead = (
        f"{{kind: car, behavior: scripted, speed: 20.0, present: true, place: {{arm: own, lane: 0, ahead: {gap + 4.5}, "
        "lateral: 0.0, heading_deg: 0.0, height: 0.0}}"
    )
    event = (
        "{actor: lead, when: {kind: time, time: 1.0}, do: {kind: brake, deceleration: 7.0, duration: 0.0}, "
        "hazard: true}"
    )
    tree = compose(
        "config",
        (
            *BASE, "physics=batched", "ego.speed=20.0", "scenario.duration=9.0", f"+scenario.actors.lead={lead}",
            f"+scenario.events.stop={event}",
        ),
    )  # fmt: skip
    simulator = Simulator(concretize(tree, 1))
    sample = judge_sample(simulator)
    simulator.close()
    assert sample.failed and sample.avoidable is avoidable, sample


def first_sight(*more: str) -> tuple[float, int]:
    """Return when the careful driver first sees a threat, and who that is, of a person who walks into its lane."""
    walker = (
        "{kind: pedestrian, behavior: scripted, speed: 0.0, present: true, place: {arm: own, lane: 0, ahead: 45.0, "
        "lateral: -7.5, heading_deg: 90.0, height: 0.0}}"
    )
    event = (
        "{actor: walker, when: {kind: time, time: 0.5}, do: {kind: walk, heading_deg: 90.0, speed: 2.0, "
        "distance: 12.0}, hazard: true}"
    )
    tree = compose(
        "config",
        (
            *BASE, "physics=batched", "ego.speed=10.0", "scenario.duration=6.0",
            f"+scenario.actors.walker={walker}", f"+scenario.events.walk={event}", *more,
        ),
    )  # fmt: skip
    simulator = Simulator(concretize(tree, 1))
    watch, snapshot = make_watch(simulator), simulator.reset()
    while not simulator.done and watch.first is None:
        watch.look(snapshot.state, snapshot.observation)
        snapshot = simulator.step()
    simulator.close()
    assert watch.first is not None
    return watch.first.time, watch.first.actor


def test_who_comes_out_from_behind_a_truck_is_seen_later_than_in_the_open():
    truck = (
        "+scenario.actors.truck={kind: truck, behavior: parked, speed: 0.0, present: true, place: {arm: own, lane: -1, "
        "ahead: 36.0, lateral: -0.5, heading_deg: 0.0, height: 0.0}}"
    )
    (open_time, who), (hidden_time, who_then) = first_sight(), first_sight(truck)
    assert who == who_then == 1
    assert open_time > 0.5  # nothing tells that the one at the roadside will walk
    assert hidden_time > open_time + 0.3


def test_figures_leave_invalid_samples_out_and_carry_intervals():
    samples = [
        Sample(1, True, False, False, None, "", ""), Sample(2, True, True, True, True, "x", ""),
        Sample(3, True, True, True, False, "y", ""), Sample(4, False, False, False, None, "", "", "lead fell"),
    ]  # fmt: skip
    found = measure(samples, "sedan")
    assert (found.ego, found.samples, found.invalid, found.fired, found.failures) == ("sedan", 4, 1, 1.0, 2)
    assert found.failed.value == pytest.approx(2 / 3) and found.avoidable.value == 0.5
    assert found.avoidable[1:] == pytest.approx((0.0945, 0.9055), abs=1e-3)
    assert found.unavoidable.value == pytest.approx(1 / 3)


def test_late_arrivals_and_invalid_second_runs_are_in_no_share_of_avoidable_failures():
    late, unjudged = Sample(1, True, True, False, None, "late", ""), Sample(2, True, True, True, None, "hit", "")
    found = measure([late, unjudged, Sample(3, True, True, True, False, "hit", "")], "sedan")
    assert (found.failures, found.harmless, found.unjudged, found.judged) == (3, 1, 1, 1)
    assert found.failed.value == 1.0 and found.avoidable.value == 0.0
    assert found.unavoidable.value == pytest.approx(1 / 3)


def test_invalid_samples_are_told_and_not_judged():
    """The leader brakes behind the wall of a truck that it runs into."""
    wall = (
        "{kind: truck, behavior: parked, speed: 0.0, present: true, place: {arm: own, lane: 0, ahead: 90.0, "
        "lateral: 0.0, heading_deg: 0.0, height: 0.0}}"
    )
    tree = compose(
        "config",
        (
            "scenario=highway/hard_brake", "sensors=none", "traffic=none", "physics=batched",
            "scenario.actors.lead.place.ahead=60.0", "scenario.events.brake.when.time=3.0",
            f"+scenario.actors.wall={wall}",
        ),
    )  # fmt: skip
    simulator = Simulator(concretize(tree, 1))
    sample = judge_sample(simulator)
    simulator.close()
    assert sample.invalid.startswith("lead touched wall at") and not sample.failed
    assert simulator.verdict.outcome == "invalid"


def test_braking_hard_or_arriving_late_is_no_harm():
    """A careful driver brakes with 7.6 m/s²; a bound of 5 m/s² on the ego's braking does not make that unavoidable."""
    soft, late, crash = (failed(name) for name in ("soft", "late", "crash"))
    assert harm_ns(criteria(), Verdict((soft, late))) is None
    assert harm_ns(criteria(), Verdict((soft, crash._replace(time_ns=9)))) == 9


def test_harm_whose_moment_no_one_knows_is_harm():
    assert harm_ns(criteria(), Verdict((failed("crash")._replace(time_ns=-1),))) == math.inf


@pytest.mark.parametrize(
    ("verdict", "avoided"),
    [(Verdict(()), True), (Verdict((failed("late"),)), True), (Verdict((failed("crash"),)), False),
     (Verdict((failed("crash")._replace(time_ns=-1),)), False), (Verdict((), "lead touched wall"), None)],
)  # fmt: skip
def test_a_second_run_avoids_harm_or_does_not_or_says_nothing(verdict, avoided):
    found, words = judge_second(criteria(), verdict, "sees")
    assert found is avoided
    assert words.startswith("sees") and ("invalid: lead touched wall" in words) == bool(verdict.invalid)
