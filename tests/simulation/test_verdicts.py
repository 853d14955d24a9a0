"""Verdicts on their way from an episode to files, the index and the command line."""

import pyarrow.parquet as pq
import pytest

import simengine
from simengine.cli import main
from simengine.simulation.dataset.dataset import Dataset

WALL = (
    "+scenario.actors.wall={kind: truck, behavior: parked, speed: 0.0, present: true, place: {arm: own, lane: 0, "
    "ahead: 85.0, lateral: 0.0, heading_deg: 0.0, height: 0.0}}"
)
CRASH = (
    "scenario=highway/hard_brake", "sensors=none", "traffic=none", "physics=batched", "scenario.duration=4",
    "scenario.actors.lead.place.ahead=50.0", "scenario.events.brake.when.time=3.5", WALL,
)  # fmt: skip


def test_an_invalid_episode_is_told_by_file_index_and_generate(tmp_path, capsys):
    assert main(["generate", *CRASH, f"output={tmp_path}", "workers=1", "episodes=1"]) == 0
    out = capsys.readouterr()
    assert "0 passed, 0 did not, 1 invalid" in out.out
    assert "invalid: lead touched wall at" in out.err
    row = pq.read_table(tmp_path / "index.parquet").to_pylist()[0]
    assert row["verdict"] == "invalid" and row["reason"].startswith("lead touched wall at")
    episode = Dataset(tmp_path)[0]
    assert episode.verdict.invalid == row["reason"] and episode.verdict.passed is None
    assert row["metrics.collided"] is False and row["metrics.collided_at_fault"] is False


def test_the_verdict_tells_of_the_collision_that_the_label_tells_of():
    """A motorcycle touches its leader for many ticks; what counts and is told is their sum."""
    changes = [
        "sensors=none", "traffic=none", "physics=bullet", "ego.kind=motorcycle", "ego.model=motorcycle",
        "criteria.no_collision.min_impulse=600",
    ]  # fmt: skip
    scenario = simengine.load_scenario("highway/hard_brake", changes, seed=1)
    episode = simengine.simulate(scenario, driver=lambda observation: simengine.Control())
    (collision,) = (one for one in episode.collisions if one.actor == 0)
    (found,) = (result for result in episode.verdict.results if result.name == "no_collision")
    assert found.value == collision.impulse
    assert f"{collision.impulse:.0f} N s at {collision.closing_speed:.1f} m/s" in found.reason
    assert found.passed is (collision.impulse <= 600.0)


def test_a_goal_missed_after_a_collision_says_when_the_run_ended_and_with_whom():
    changes = [
        "sensors=none", "traffic=none", "physics=batched", "scenario.goal.traveled=900", "scenario.duration=20",
        "+criteria.limit={kind: time_limit, limit: 15.0}",
    ]  # fmt: skip
    simulator = simengine.Simulator(simengine.load_scenario("highway/hard_brake", changes, seed=1))
    simulator.reset()
    while not simulator.done:
        simulator.step(simengine.Control())
    found = {result.name: result for result in simulator.verdict.results}
    end, struck = simulator.time_ns * 1e-9, found["no_collision"].time_ns * 1e-9
    ended = f"the run ended at {end:.2f} s, after the collision with lead (car) at {struck:.2f} s"
    assert end < 15.0
    assert found["no_collision"].description.startswith(f"no_collision at {struck:.2f} s with lead (car), ")
    assert found["reach_goal"].description == f"reach_goal, the goal was not reached; {ended}"
    assert found["limit"].time_ns == -1 and found["limit"].reason.endswith(f"its limit is 15.0 s; {ended}")


def test_a_goal_missed_at_the_end_of_the_map_says_so_and_at_the_end_of_the_time_nothing():
    short = ["sensors=none", "traffic=none", "physics=batched", "road.length=60", "road.curvature=0", "ego.speed=25"]
    short += ["ego.driver=constant", "ego.position=30", "scenario.goal.traveled=900"]
    for duration, more in ((8.0, "; the run ended at "), (0.5, "")):
        scenario = simengine.load_scenario("drive", [*short, f"scenario.duration={duration}"])
        (goal,) = (r for r in simengine.simulate(scenario).verdict.results if r.name == "reach_goal")
        assert goal.passed is False and goal.reason.startswith(f"the goal was not reached{more}")
        assert goal.reason.endswith("where the map ends" if more else "reached")


def test_a_hazard_that_never_fires_leaves_the_ego_untested(tmp_path, capsys):
    """Within half a second nobody steps out."""
    short = ["scenario=urban/jaywalker", "sensors=none", "traffic=none", "physics=batched", "scenario.duration=0.5"]
    assert main(["generate", *short, f"output={tmp_path}", "workers=1", "episodes=1"]) == 0
    out = capsys.readouterr()
    assert "hazard step_out never fired" in out.err and "untested: hazard step_out never fired" in out.err
    assert "0 passed, 0 did not, 1 untested: no hazard happened" in out.out
    row = pq.read_table(tmp_path / "index.parquet").to_pylist()[0]
    assert row["verdict"] == "untested" and row["reason"] == row["remarks"] == "hazard step_out never fired"
    episode = Dataset(tmp_path)[0]
    assert episode.remarks == ("hazard step_out never fired",)
    assert episode.verdict.passed is None and str(episode.verdict) == "untested: hazard step_out never fired"


def test_an_event_that_finds_nothing_to_do_has_not_happened_nor_have_those_that_wait_for_it():
    """A car on the leftmost lane is to move further left; one event waits for that, another has its own time."""
    car = "{kind: car, behavior: scripted, place: {arm: own, lane: 1, ahead: 30.0, lateral: 0.0, heading_deg: 0.0, "
    move = "{kind: change_lane, lanes: %d, duration: 3, max_lateral_speed: 1.8, max_lateral_acceleration: 3}"
    after = "{kind: after, event: cut, delay: 0.0}"
    events = {"cut": ("{kind: time, time: 0.1}", move % 1), "next": (after, move % -1)}
    changes = ["sensors=none", "traffic=none", "physics=batched", "road.lanes_forward=2", "ego.lane=0"]
    changes += ["scenario.duration=0.5", "+scenario.actors.side=" + car + "height: 0.0}, speed: 24.0, present: true}"]
    for name, (when, what) in events.items():
        changes += [f"+scenario.events.{name}={{actor: side, when: {when}, do: {what}, hazard: true}}"]
    episode = simengine.simulate(simengine.load_scenario("drive", changes, seed=1))
    assert episode.verdict.outcome == "untested" and not [i for i in episode.intervals if i.name.startswith("hazard")]
    assert episode.remarks[0].endswith("the road has 0 lanes to the left there; the vehicle keeps its lane")
    assert set(episode.remarks[1:]) == {"hazard cut never fired", "hazard next never fired"}


def test_an_ego_that_fails_before_any_hazard_has_failed():
    changes = ["sensors=none", "traffic=none", "physics=batched", "scenario.duration=0.5", "weather.rain_rate=0"]
    changes += ["criteria.speed_limit.tolerance=0", "criteria.speed_limit.duration=0"]
    changes += ["ego.speed=40", "ego.driver=constant"]
    verdict = simengine.simulate(simengine.load_scenario("highway/hard_brake", changes, seed=1)).verdict
    assert verdict.unmet == "hazard brake never fired" and verdict.passed is False and verdict.outcome == "failed"


@pytest.mark.parametrize(("steering", "passed"), [(0.0, True), (0.02, False)])
def test_an_ego_on_the_wrong_side_of_a_road_fails(steering, passed):
    """It moves over to the oncoming lane within 2 s and stays there: on the road, at no red light, in nobody's way."""
    changes = ["road=rural", "sensors=none", "traffic=none", "physics=batched", "scenario.duration=4"]
    changes += ["ego.lane=0", "ego.speed=20", "road.curvature=0"]

    def move_over(observation):
        time = observation.time
        return simengine.Control(steering=steering if time < 1.0 else -steering if time < 2.0 else 0.0)

    scenario = simengine.load_scenario("drive", changes, seed=1)
    verdict = simengine.simulate(scenario, driver=move_over).verdict
    found = {result.name: result for result in verdict.results}
    assert verdict.passed is passed and found["stay_on_road"].passed is True
    assert found["driving_direction"].passed is passed


def test_a_hazard_that_fires_and_a_scenario_without_one_leave_nothing_to_remark():
    quiet = ["sensors=none", "traffic=none", "physics=batched"]
    for name, duration, untested in (("drive", 0.5, ()), ("highway/hard_brake", 6.0, ())):
        scenario = simengine.load_scenario(name, [*quiet, f"scenario.duration={duration}"], seed=1)
        assert simengine.simulate(scenario).remarks == untested, name


RAISING = """
from simengine.behavior.ego.drivers import Driver
class Faint(Driver):
    def __init__(self, ego, network, dt):
        pass
    def decide(self, observation):
        if observation.time > 0.5 and observation.position[0] > {x}:
            raise RuntimeError("fainted")
        from simengine import Control
        return Control()
"""


@pytest.fixture
def faint(tmp_path, monkeypatch):
    """An installed package whose driver faints where the ego started beyond an x."""
    home = tmp_path / "site"
    home.mkdir()
    (home / "faint_driving.py").write_text(RAISING.format(x=120.0))
    metadata = home / "faint_driving-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: faint-driving\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[simengine.drivers]\nfaint = faint_driving:Faint\n")
    monkeypatch.syspath_prepend(str(home))
    return home


def test_a_driver_that_raises_costs_its_own_episode_only(faint, tmp_path, capsys):
    arguments = [
        "scenario=drive", "sensors=none", "traffic=none", "physics=batched", "scenario.duration=2", "ego.driver=faint",
        "ego.position={choice: [20.0, 200.0]}", "episodes=6", "workers=1", f"output={tmp_path / 'out'}",
    ]  # fmt: skip
    assert main(["generate", *arguments]) == 1
    captured = capsys.readouterr()
    missing = captured.err.count("simengine: drive-")
    made = len(list((tmp_path / "out" / "episodes").glob("*.mcap")))
    assert made > 0 and missing > 0 and made + missing == 6
    assert "RuntimeError: fainted" in captured.err and f"{missing} are missing" in captured.out
