"""The loop: hazards fire, verdicts follow, both physics run the same scenario, reruns are equal."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

import simengine
from simengine.core.errors import ConfigError, ScenarioError
from simengine.simulation.loop.simulator import Simulator

RECORDING = Path(__file__).parents[3].parent / "shared/data/commonroad/ngsim/USA_US101-1_2_T-1.xml"
QUIET = ["sensors=none", "traffic=none", "pedestrians=none", "road.parked_fraction=0"]


def run(name, overrides, seed=1):
    simulator = Simulator(simengine.load_scenario(name, overrides, seed=seed))
    simulator.reset()
    while not simulator.done:
        simulator.step()
    simulator.close()
    return simulator


@pytest.mark.parametrize("backend", ["bullet", "batched"])
def test_the_hazard_fires_in_both_physics(backend):
    simulator = run("highway/hard_brake", [*QUIET[:3], f"physics={backend}", "scenario.duration=6"])
    assert [onset.name for onset in simulator.hazards] == ["brake"]
    lead = simulator.world.names["lead"]
    assert np.hypot(*simulator.state.velocity[0, lead, :2]) < 15.0


def test_an_episode_can_be_run_again_from_its_start():
    simulator = Simulator(simengine.load_scenario("highway/cut_in", [*QUIET[:3], "scenario.duration=2"]))
    ends = []
    for _ in range(2):
        simulator.reset()
        while not simulator.done:
            simulator.step()
        ends.append(simulator.state)
    for first, second in zip(ends[0], ends[1], strict=True):
        assert np.array_equal(first, second)
    with pytest.raises(ScenarioError, match="reset"):
        simulator.step()


def test_a_child_that_runs_out_is_struck_by_a_driver_who_does_not_brake():
    scenario = simengine.load_scenario("urban/occluded_child", QUIET, seed=4)
    episode = simengine.simulate(scenario, driver=lambda observation: simengine.Control())
    assert any(onset.name.startswith("hazard:") for onset in episode.intervals)
    if episode.verdict.passed is False:
        assert "no_collision" in episode.verdict.reason


def test_a_robot_drives_and_stops_for_a_person():
    simulator = run("warehouse/person_steps_out", ["sensors=none"], seed=2)
    assert simulator.metrics["traveled"] > 2.0
    assert simulator.hazards


def test_overlapping_actors_are_refused_by_name():
    scenario = simengine.load_scenario("highway/hard_brake", [*QUIET[:3], "scenario.actors.lead.place.ahead=1.0"])
    with pytest.raises(ScenarioError, match=r"scenario\.actors\.lead\.place: lead would stand in ego"):
        Simulator(scenario)


def test_a_lane_that_does_not_exist_is_refused_by_name():
    scenario = simengine.load_scenario("highway/hard_brake", [*QUIET[:3], "scenario.actors.lead.place.lane=5"])
    with pytest.raises(ScenarioError, match=r"lead\.place\.lane = 5: the road has no such lane"):
        Simulator(scenario)


def test_a_fault_of_a_sensor_that_the_rig_lacks_is_refused_before_it_happens():
    fault = "{kind: sensor_fault, sensor: camera_frnt, fault: freeze, duration: 0.0}"
    event = f"+scenario.events.f={{actor: ego, when: {{kind: time, time: 1.0}}, do: {fault}, hazard: false}}"
    with pytest.raises(ConfigError, match=r'scenario.events.f.do.sensor = camera_frnt.*"camera_front"'):
        Simulator(simengine.load_scenario("highway/hard_brake", [event]))


def test_a_model_of_another_kind_is_refused_by_name():
    scenario = simengine.load_scenario("highway/hard_brake", [*QUIET[:3], "ego.model=bus"])
    with pytest.raises(ScenarioError, match=r"ego\.model = bus: is of the kind bus; allowed with ego\.kind=car: "):
        Simulator(scenario)


def test_the_episode_ends_where_the_map_ends_and_that_is_no_fault():
    simulator = run("drive", [*QUIET[:3], "road.length=200", "ego.position=150", "physics=batched"])
    assert simulator.time_ns < 3e9
    assert simulator.verdict.passed is not False


@pytest.mark.skipif(not RECORDING.is_file(), reason="shared recordings are absent")
def test_a_replay_ends_with_its_recording_and_the_time_for_its_goal():
    road = ["road=commonroad", f"road.file={RECORDING}", "traffic=replay", "sensors=none", "physics=batched"]
    simulator = run("drive", [*road, "scenario.duration=60"])
    assert simulator.world.recording_end_ns == 6_000_000_000  # 60 steps of 0.1 s; the goal is to be reached at step 75
    assert simulator.time_ns == simulator.world.last_ns == 7_500_000_000


def test_cold_air_holds_vehicles_back_more():
    drag = [
        Simulator(
            simengine.load_scenario("highway/hard_brake", [*QUIET[:3], f"weather.temperature={celsius}"])
        ).world.actors.drag[0, 0]
        for celsius in (-30, 30)
    ]
    assert drag[0] / drag[1] == pytest.approx((30 + 273.15) / (-30 + 273.15))


BRIEF = [*QUIET[:3], "scenario.duration=0.2"]


def bullet_worlds():
    """Return how many of Bullet's worlds are alive in this process."""
    from simengine.physics.bullet import bullet

    return sum(bool(bullet.p.isConnected(client)) for client in range(64))


def test_a_loop_that_ends_leaves_no_world_of_bullets_even_if_nobody_closes_it():
    before = bullet_worlds()
    simulator = Simulator(simengine.load_scenario("drive", [*BRIEF, "physics=bullet"]))
    simulator.reset()
    assert bullet_worlds() == before + 1
    while not simulator.done:
        simulator.step()
    assert bullet_worlds() == before
    simulator.reset()  # and begins anew
    assert bullet_worlds() == before + 1 and simulator.step().time_ns > 0
    simulator.close()


@pytest.mark.parametrize("backend", ["bullet", "batched"])
def test_the_others_drive_on_after_the_ego_has_left_the_map_if_asked_to(backend):
    short = [*QUIET, f"physics={backend}", "road.length=60", "road.curvature=0", "ego.driver=constant", "ego.speed=25"]
    scenario = simengine.load_scenario("drive", [*short, "scenario.duration=4", "ego.position=30"])
    ends = []
    for ends_with_ego in (True, False):
        simulator = Simulator(scenario, ends_with_ego=ends_with_ego)
        simulator.reset()
        while not simulator.done:
            simulator.step()
        ends.append(simulator.time_ns)
        simulator.close()
    assert ends[0] < 3_000_000_000 and ends[1] == 4_000_000_000


@pytest.mark.parametrize("backend", ["bullet", "batched"])
def test_a_simulator_that_is_dropped_frees_everything_at_once(backend):
    before = bullet_worlds()
    gc.collect()
    gc.disable()  # nothing may wait for the collector of cycles
    try:
        simulator = Simulator(simengine.load_scenario("highway/hard_brake", [*BRIEF, f"physics={backend}"]))
        simulator.reset()
        simulator.step()
        parts = [simulator, simulator._physics, simulator._decisions, simulator._monitor, simulator._annotator]
        alive = [weakref.ref(part) for part in parts]
        del simulator, parts
        assert [ref() for ref in alive] == [None] * 5
        assert bullet_worlds() == before
    finally:
        gc.enable()


def test_what_is_asked_before_reset_says_so_and_a_closed_one_begins_anew():
    simulator = Simulator(simengine.load_scenario("drive", [*BRIEF, "physics=batched"]))
    for ask in ("state", "time_ns", "steps", "history", "crashed", "hazards", "verdict", "metrics"):
        with pytest.raises(ScenarioError, match=r"not begun; call reset\(\) first"):
            getattr(simulator, ask)
    for call in (simulator.step, simulator.finish):
        with pytest.raises(ScenarioError, match=r"not begun; call reset\(\) first"):
            call()
    simulator.reset()
    simulator.close()
    assert simulator.done
    with pytest.raises(ScenarioError, match=r"closed; reset\(\) begins it anew"):
        simulator.step()
    simulator.reset()
    assert simulator.step().time_ns == 50_000_000 and simulator.steps == 1


@pytest.mark.parametrize(
    ("control", "message"),
    [
        (np.array([1.0, 0.0]), r"step\(\) was given array\(\[1., 0.\]\) at step 0 .*simengine.Control"),
        (simengine.Control(acceleration=float("nan")), r"acceleration = nan at step 0"),
        (simengine.Control(steering=float("-inf")), r"steering = -inf at step 0"),
        (simengine.Control(acceleration="full"), r"acceleration = 'full' at step 0"),
        (simengine.Control(velocity=(0.0, np.nan)), r"velocity\[1\] = nan at step 0"),
        (simengine.Control(velocity=1.0), r"velocity = 1.0 at step 0 .*a speed and a yaw rate"),
        (simengine.Control(lights=99), r"lights = 99 at step 0 .*a sum of BRAKE = 1, LEFT = 2"),
        (simengine.Control(lights=0.5), r"lights = 0.5 at step 0"),
    ],
)
def test_a_control_that_no_vehicle_can_be_told_is_refused_with_value_and_step(control, message):
    simulator = Simulator(simengine.load_scenario("drive", [*BRIEF, "physics=batched"]))
    simulator.reset()
    with pytest.raises(ConfigError, match=message):
        simulator.step(control)
    assert simulator.time_ns == 0


def test_numbers_of_any_library_drive():
    simulator = Simulator(simengine.load_scenario("drive", [*BRIEF, "physics=batched"]))
    ends = []
    plain = simengine.Control(-2.0, 0.01, lights=2)
    for control in (plain, simengine.Control(np.float32(-2.0), np.array(0.01), lights=np.int8(2))):
        simulator.reset()
        ends.append(simulator.step(control).state)
    for first, second in zip(*ends, strict=True):
        assert np.array_equal(first, second)


def test_what_a_callable_raises_passes_through_and_nan_is_told_by_its_name():
    scenario = simengine.load_scenario("drive", [*BRIEF, "physics=batched"])

    def careless(observation):
        if observation.time > 0.07:
            return simengine.Control(steering=float("nan"))
        return simengine.Control()

    def broken(observation):
        raise LookupError("no policy")

    with pytest.raises(ConfigError, match=r"driver careless returned steering = nan at step 2 \(0.10 s\)"):
        simengine.simulate(scenario, driver=careless)
    with pytest.raises(LookupError, match="^'?no policy"):
        simengine.simulate(scenario, driver=broken)
