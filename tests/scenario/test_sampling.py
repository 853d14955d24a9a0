"""From YAML with distributions to a concrete scenario."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simengine
from simengine.core.errors import ConfigError, ScenarioError
from simengine.scenario.compose import resolve, scenario_names
from simengine.scenario.overrides import expand_sweep
from simengine.scenario.sampling import content_hash, draw_parameters, from_yaml, load_scenario, to_yaml

LIBRARY = scenario_names()


@pytest.mark.parametrize("name", LIBRARY)
def test_every_scenario_of_the_library_survives_yaml(name):
    scenario = load_scenario(name, seed=5)
    again = from_yaml(to_yaml(scenario))
    assert again == scenario
    assert content_hash(again) == content_hash(scenario)


@pytest.mark.parametrize("name", LIBRARY)
def test_weather_on_the_command_line_wins_over_the_scenario(name):
    assert load_scenario(name, ["weather=ice"]).weather.ice >= 0.7
    assert load_scenario(name, ["weather=clear"]).weather.ice == 0.0


@pytest.mark.parametrize("name", [name for name in LIBRARY if name != "drive"])
def test_every_hazard_has_something_to_sample(name):
    first, second = load_scenario(name, seed=1), load_scenario(name, seed=2)
    assert len([key for key in first.sampled if key.startswith("scenario.")]) >= 2
    assert content_hash(first) != content_hash(second)


def test_the_same_seed_gives_the_same_scenario():
    assert load_scenario("highway/cut_in", seed=9) == load_scenario("highway/cut_in", seed=9)


def test_a_referenced_parameter_is_the_drawn_value():
    tree = {"a": {"x": {"uniform": [0.0, 1.0]}}, "b": "${a.x}", "c": "${mul:${a.x},2}"}
    pairs = []
    for seed in range(50):
        values, drawn = draw_parameters(tree, seed)
        resolved = resolve(values)
        assert list(drawn) == ["a.x"]
        assert resolved["c"] == 2 * resolved["b"]
        pairs.append((resolved["a"]["x"], resolved["b"]))
    assert np.corrcoef(np.array(pairs).T)[0, 1] == pytest.approx(1.0)


def test_another_parameter_does_not_change_a_draw():
    alone, _ = draw_parameters({"x": {"uniform": [0.0, 1.0]}}, 3)
    beside, _ = draw_parameters({"w": {"normal": [0.0, 1.0]}, "x": {"uniform": [0.0, 1.0]}}, 3)
    assert alone["x"] == beside["x"]


@pytest.mark.parametrize(
    ("node", "low", "high"),
    [
        ({"uniform": [2.0, 3.0]}, 2.0, 3.0),
        ({"log_uniform": [0.01, 100.0]}, 0.01, 100.0),
        ({"truncated_normal": [0.0, 5.0, -1.0, 1.0]}, -1.0, 1.0),
        ({"integers": [1, 4]}, 1, 4),
        ({"choice": [1, 2]}, 1, 2),
    ],
)
def test_draws_stay_within_their_bounds_and_fill_them(node, low, high):
    draws = [draw_parameters({"x": node}, seed)[0]["x"] for seed in range(300)]
    assert low <= min(draws) and max(draws) <= high
    assert min(draws) < low + 0.1 * (high - low) + 1e-9 and max(draws) > high - 0.3 * (high - low)


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        (["weather=fogg"], ["weather=fogg", '"fog"', "night_rain"]),
        (["wether=fog"], ["wether", '"weather"']),
        (["scenario.duratoin=3"], ["scenario.duratoin", '"scenario.duration"']),
        (["scenario.duration=-3"], ["scenario.duration = -3", "above 0"]),
        (["scenario.duration=abc"], ["scenario.duration = abc", "number"]),
        (["weather.rain_rate=nan"], ["weather.rain_rate = nan", "finite"]),
        (["road.lanes_forward=99"], ["road.lanes_forward = 99", "at most 8"]),
        (["road=opendrive"], ["road.file"]),
        (["road=opendrive", "road.file=/no/such/file"], ["road.file = /no/such/file", "no such file"]),
        (["nonsense"], ["nonsense", "key=value"]),
        (["traffic.mix=[]"], ["traffic.mix=[]: is a mapping", "car, truck"]),
        (["scenario.parameters.side=abc"], ["scenario.events.cut_in.do.lanes: cannot be computed: abc is no number"]),
        (["+scenario.parameters.x=${road.passage_at}"], ["parameters.x", "refers to road.passage_at", "another road"]),
        (["traffic.max_vehicles=true"], ["traffic.max_vehicles = true", "must be a number"]),
        (["traffic.density=false"], ["traffic.density = false", "must be a number"]),
        (["traffic.mix.car=true"], ["traffic.mix", "must be a number"]),
        (["traffic.drivers.noise=true"], ["traffic.drivers.noise", "must be a number"]),
        (["weather.rain_rate={choice: [true]}"], ["weather.rain_rate = true", "must be a number"]),
        (["sensors.camera_front.mount.position=[true, 0, 1]"], ["camera_front.mount.position", "must be a number"]),
        (["scenario.events.cut_in.do.duration=true"], ["cut_in.do.duration", "must be a number"]),
        (["physics.rate_hz=true"], ["physics.rate_hz", "must be a number"]),
        (["ego.esc=1"], ["ego.esc = 1", "must be true or false"]),
        (["road.ring=1"], ["road.ring = 1", "must be true or false"]),
        (["road.ring=on_sundays"], ["road.ring = on_sundays", "must be true or false"]),
        (["recorder.video=0"], ["recorder.video = 0", "must be true or false"]),
        (["scenario.actors.cutter.present='yes'"], ["actors.cutter.present = yes", "must be true or false"]),
        (["weather=clear,fog"], ["weather=clear,fog", "-m"]),
        (["ego.surface=ice"], ["ego.surface: no setting", "surface is a group of its own: surface=OPTION"]),
        (["ego.surface.dry=0.3"], ["ego.surface.dry: no setting", "surface is a group of its own: surface=OPTION"]),
        (["ego.rain_rate=3"], ["ego.rain_rate: no setting", '"weather.rain_rate"']),
        (["ego.sped=3"], ["ego.sped: no setting", '"ego.speed"']),
        (["surface.dry=0.5"], ["surface.dry = 0.5: must be at least surface.dry_sliding = 0.75; set both"]),
        (["surface.wet_sliding=0.9"], ["surface.wet = 0.6: must be at least surface.wet_sliding = 0.9; set both"]),
        (["sensors.lidar_top.lowest_deg=30"], ["sensors.lidar_top.lowest_deg = 30", "highest_deg = 15: the highest"]),
        (["road=warehouse", "road.passage_at=190", "road.passage_width=4"], ["road.passage_at = 190", "must lie betw"]),
        (["scenario.duration=soon"], ["scenario.duration = soon: must be a number"]),
        (["road.lanes_forward=2.5"], ["road.lanes_forward = 2.5: must be a whole number"]),
        (["scenario.tests=3"], ["scenario.tests = 3: must be text"]),
        (
            ["weather=snow", "weather.temperature=20"],
            [
                "weather.temperature = 20 contradicts weather.snow_rate = ",
                "weather.ice = 0.1: there is snow and ice up to 5",
                "weather.snow_cover = ",
                "snow lies up to 15",
            ],
        ),
        (
            ["scenario.events.cut_in.do.kind=fail_tire"],
            [
                "scenario.events.cut_in.do: kind=fail_tire takes grip, kind",
                "missing: wheel, grip",
                "not taken: lanes, duration",
                "~scenario.events.cut_in.do.lanes",
            ],
        ),
        (["weather.cloud=x", "weather.ice=y"], ["weather.cloud = x: must be a number; also: weather.ice = y: must"]),
        (["scenario.events.cut_in.when.kind=tme"], ["tme", '"time"', "distance"]),
        (["+sensors.camera_front.wdth=3"], ["sensors.camera_front.wdth", '"width"']),
        (["scenario.duration={uniform: [3]}"], ["scenario.duration", "uniform: [low, high]"]),
        (["scenario.duration={uniform: [9, 3]}"], ["scenario.duration", "low must not exceed high"]),
        (["scenario.duration={uniform: [0, " + "9" * 400 + "]}"], ["scenario.duration", "within ±1e+15"]),
        (["scenario.duration={integers: [-" + "9" * 400 + ", 0]}"], ["scenario.duration", "within ±1e+15"]),
        (["scenario.duration={choice: [[1], [2]]}"], ["scenario.duration = {choice: [[1], [2]]}: its values must be"]),
        (["scenario.duration={choice: [9, {uniform: [1, 2]}]}"], ["scenario.duration", "no lists, mappings or null"]),
        (["ego.speed=${add:1}"], ["ego.speed: cannot be computed: add takes two numbers, as in ${add:1,2}"]),
        (["ego.speed=${div:1,2,3}"], ["ego.speed: cannot be computed: div takes two numbers"]),
        (["weather.rain_rate=${oc.env:HOME}"], ["weather.rain_rate", "add or mul"]),
        (["weather.rain_rate=${nope}"], ["weather.rain_rate", "nope"]),
        (["hydra.searchpath=[file://no/such/folder]"], ["no/such/folder"]),
        (["+wether.cloud=1"], ["wether", '"weather"']),
        (["hydra.searchpath=null"], ["hydra.searchpath=null", "list of folders"]),
        (["hydra.searchpath=[pkg://os]"], ["pkg://os", "list of folders"]),
        (["weather=null"], ["weather", "no such option"]),
        (["scenario.duration={integers: [1.5, 2.5]}"], ["scenario.duration", "whole numbers"]),
        (["scenario.tests='${oc.${scenario.name}:HOME}'", "scenario.name=env"], ["scenario.tests", "written out"]),
    ],
)
def test_bad_input_gets_one_line_that_names_it(overrides, parts):
    with pytest.raises((ConfigError, ScenarioError)) as caught:
        load_scenario("highway/cut_in", overrides)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_misspelled_scenario_names_the_nearest():
    with pytest.raises(ConfigError, match=r'highway/cutin.*did you mean "highway/cut_in"'):
        load_scenario("highway/cutin")


def test_options_of_a_users_own_are_not_taken_for_scenarios(tmp_path):
    for place in ("mine", "surface", "traffic"):
        (tmp_path / place).mkdir()
    body = "# @package _global_\ndefaults:\n  - /scenarios/highway/hard_brake\n"
    (tmp_path / "mine" / "gentle.yaml").write_text(body)
    (tmp_path / "surface" / "cobbles.yaml").write_text("dry: 0.6\ndry_sliding: 0.5\nwet: 0.4\nwet_sliding: 0.35\n")
    (tmp_path / "traffic" / "rush.yaml").write_text("density: 30.0\n")
    search = f"hydra.searchpath=[file://{tmp_path}]"
    assert set(scenario_names([search])) - set(LIBRARY) == {"mine/gentle"}
    assert load_scenario("mine/gentle", [search, "surface=cobbles"]).surface.dry == 0.6


@pytest.mark.parametrize("place", ["mine", "scenarios/mine"])
def test_a_users_own_scenarios_join_by_search_path(tmp_path, place):
    library = tmp_path / place
    library.mkdir(parents=True)
    (library / "gentle.yaml").write_text(
        "# @package _global_\ndefaults:\n  - /scenarios/highway/hard_brake\n  - _self_\n"
        "scenario:\n  name: mine/gentle\n  events: {brake: {do: {deceleration: 2.0}}}\n"
    )
    search = f"hydra.searchpath=[file://{tmp_path}]"
    scenario = load_scenario("mine/gentle", [search])
    assert scenario.scenario.name == "mine/gentle"
    assert scenario.scenario.events["brake"].do.deceleration == 2.0


def test_a_sweep_expands_to_every_job():
    jobs = expand_sweep(["scenario=urban/jaywalker,urban/occluded_child", "weather=clear,night,fog", "seed=3"])
    assert len(jobs) == 6
    assert expand_sweep(["weather=glob(night*)"]) == [("weather=night",), ("weather=night_rain",)]
    assert ("scenarios=urban/jaywalker",) in expand_sweep(["scenario=glob(urban/*)"])
    assert jobs[0] == ("scenarios=urban/jaywalker", "weather=clear", "seed=3")


@pytest.mark.parametrize("seed", [-1, 1.5, True, "1"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ConfigError, match=r"seed = .*: must be a whole number from 0 on"):
        simengine.load_scenario("drive", seed=seed)


def test_a_recorded_vehicle_may_be_named_by_its_number():
    assert load_scenario("drive", ["ego.recorded_id=484"]).ego.recorded_id == "484"
    with pytest.raises(ConfigError, match=r"ego\.recorded_id"):
        load_scenario("drive", ["ego.recorded_id=4.5"])


_VALUES = (
    "", ".nan", ".inf", "-1", "1e300", "99999999999999999999", "x", "[]", "{}", "&a [*a]", "!!python/name:os.system",
    "true", "é", "'", "2001-01-01",
)  # fmt: skip


@settings(max_examples=150)
@given(data=st.data())
def test_mutated_yaml_gives_a_scenario_or_one_error(data):
    lines = to_yaml(load_scenario(data.draw(st.sampled_from(LIBRARY)), seed=5)).splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        k = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(("value", "drop", "repeat", "indent", "key")))
        if kind == "value":
            lines[k] = lines[k].partition(":")[0] + ": " + data.draw(st.sampled_from(_VALUES))
        elif kind == "indent":
            lines[k] = data.draw(st.sampled_from(("  ", "\t", "- "))) + lines[k]
        elif kind == "key":
            lines[k] = data.draw(st.sampled_from(("? ", "1: ", "null: "))) + lines[k].strip()
        else:
            lines[k : k + 1] = lines[k : k + 1] * (2 if kind == "repeat" else 0)
    try:
        scenario = from_yaml("\n".join(lines))
    except ConfigError as error:  # a line for each wrong setting, none of them pydantic's own
        assert all(line.strip() for line in str(error).split("\n")) and "pydantic" not in str(error)
    else:
        assert math.isfinite(scenario.scenario.duration) and from_yaml(to_yaml(scenario)) == scenario
