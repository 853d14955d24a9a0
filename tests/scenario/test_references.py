"""What refers to a whole mapping can be changed below it; the rest follows the original, drawn values too."""

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose
from simengine.scenario.overrides import expand_sweep
from simengine.scenario.sampling import concretize, from_yaml, load_scenario

SECOND = "+sensors.lidar_left=${sensors.lidar_top}"


def sensors(*overrides, seed=1):
    return load_scenario("highway/cut_in", overrides, seed=seed).sensors


def test_a_second_lidar_is_the_first_but_for_what_is_set_afterwards():
    rig = sensors(SECOND, "sensors.lidar_left.mount.position=[1.0,0.8,1.9]", "sensors.lidar_left.channels=16")
    first, second = rig["lidar_top"], rig["lidar_left"]
    assert (second.mount.position, second.channels) == ((1.0, 0.8, 1.9), 16)
    assert (first.mount.position, first.channels) == ((1.0, 0.0, 1.9), 32)
    changed = {"mount": first.mount.model_copy(update={"position": (1.0, 0.8, 1.9)}), "channels": 16}
    assert second == first.model_copy(update=changed)


def test_one_number_of_a_position_can_be_set():
    rig = sensors(SECOND, "sensors.lidar_left.mount.position.1=0.8")
    assert rig["lidar_left"].mount.position == (1.0, 0.8, 1.9) and rig["lidar_top"].mount.position == (1.0, 0.0, 1.9)


def test_what_is_not_set_follows_the_original_as_references_do():
    rig = sensors(SECOND, "sensors.lidar_left.columns=256", "sensors.lidar_top.channels=64")
    assert (rig["lidar_left"].columns, rig["lidar_left"].channels) == (256, 64)


def test_a_reference_to_a_reference_and_a_relative_one_can_be_changed():
    third = "+sensors.lidar_right=${.lidar_left}"
    rig = sensors(SECOND, third, "sensors.lidar_left.channels=16", "sensors.lidar_right.mount.yaw_deg=90")
    right, left = rig["lidar_right"], rig["lidar_left"]
    assert (right.channels, right.mount.yaw_deg, left.mount.yaw_deg) == (16, 90, 0)


def test_a_drawn_value_is_drawn_once_for_both():
    drawn = "sensors.lidar_top.noise_std={uniform:[0.01,0.1]}"
    pairs = []
    for seed in range(6):
        rig = sensors(drawn, SECOND, "sensors.lidar_left.mount.yaw_deg=90", seed=seed)
        pairs.append((rig["lidar_top"].noise_std, rig["lidar_left"].noise_std))
    assert np.corrcoef(np.array(pairs).T)[0, 1] == pytest.approx(1.0)
    rig = sensors(drawn, SECOND, "sensors.lidar_left.noise_std={uniform:[0.01,0.1]}")
    assert rig["lidar_top"].noise_std != rig["lidar_left"].noise_std


def test_a_camera_and_an_event_can_be_doubled_too():
    again = ["+scenario.events.again=${scenario.events.cut_in}", "scenario.events.again.hazard=false"]
    side = ["+sensors.camera_left=${sensors.camera_front}", "sensors.camera_left.mount.yaw_deg=90"]
    scenario = load_scenario("highway/cut_in", [*again, *side], seed=4)
    first, second = scenario.scenario.events["cut_in"], scenario.scenario.events["again"]
    assert second == first.model_copy(update={"hazard": False})
    assert scenario.sensors["camera_left"].mount.yaw_deg == 90.0


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([SECOND, "sensors.lidar_left.mount.y=1"], r'lidar_left\.mount\.y: .*"sensors.lidar_left.mount.yaw_deg"'),
        (["+sensors.a=${sensors.lidar_tp}", "sensors.a.channels=3"], r"a = \$\{sensors\.lidar_tp\}: .*names nothing"),
        (["+sensors.a=${sensors.b}", "+sensors.b=${sensors.a}", "sensors.a.channels=3"], r"leads round in a circle"),
        (["sensors=nuscenes", "sensors.cam_frnt.width=640"], r'cam_frnt\.width: .*"sensors.cam_front"'),
        (["sensors.lidar_top.mount.position.7=1"], r"position\.7=1: list index out of range"),
        (["weather=[night,heavy_rain]"], r"weather=\[night,heavy_rain\]: one option.*generate -m weather=night,heavy"),
        (["weather=[night]"], r"weather=\[night\]: one option is taken"),
        (["road=[urban,ring]"], r"road=\[urban,ring\]: one option"),
        (["sensors=[small,nuscenes]"], r"sensors=\[small,nuscenes\]: one option"),
        (["weather=night", "weather=fog"], r"weather is given twice, as night and as fog"),
        (["scenario=drive"], r"scenario is given twice, as highway/cut_in and as drive"),
        (["+weather=night"], r"\+weather=night: a weather is chosen already; write weather=night"),
    ],
)
def test_what_is_meant_otherwise_is_refused(overrides, message):
    with pytest.raises(ConfigError, match=message):
        sensors(*overrides)


def test_a_list_of_options_in_a_file_is_refused_too(tmp_path):
    (tmp_path / "both.yaml").write_text(
        "# @package _global_\ndefaults:\n  - /scenarios/drive\n  - override /weather: [night, fog]\n  - _self_\n"
    )
    with pytest.raises(ConfigError, match=r"weather: a defaults list gives several options; one is taken.*fog"):
        compose("config", ("scenario=both", f"hydra.searchpath=[file://{tmp_path}]"))


def test_a_sweep_still_lists_options():
    assert len(expand_sweep(["weather=night,fog"])) == 2


def test_the_later_of_two_values_counts_as_in_hydra():
    assert load_scenario("drive", ["scenario.duration=3", "scenario.duration=4"]).scenario.duration == 4.0


@pytest.mark.parametrize("name", ["2024", "nan", "1e3"])
def test_a_scenario_may_be_called_like_a_number(tmp_path, name):
    (tmp_path / f"{name}.yaml").write_text("# @package _global_\ndefaults: [/scenarios/drive, _self_]\n")
    search = f"hydra.searchpath=[file://{tmp_path}]"
    assert load_scenario(name, [search]).scenario.name == "drive"
    assert compose("config", (f"scenario={name}", search))["scenario"]["name"] == "drive"


def test_every_wrong_setting_of_a_file_is_told_at_once(tmp_path):
    (tmp_path / "bad.yaml").write_text(
        "# @package _global_\nscenario: {name: bad, durtion: 3, actors: {lead: {place: {ahed: 3}}}}\nwether: {}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_scenario("bad", [f"hydra.searchpath=[file://{tmp_path}]"])
    lines = str(caught.value).split("; also: ")
    for line in (
        'scenario.durtion: no setting of that name (did you mean "duration"?); allowed there: actors, ',
        'scenario.actors.lead.place.ahed: no setting of that name (did you mean "ahead"?)',
        'wether: no setting of that name (did you mean "weather"?)',
        "scenario.actors.lead: these settings are missing: kind, ",
    ):
        assert sum(found.startswith(line) for found in lines) == 1, line
    told = next(found for found in lines if found.startswith("scenario.durtion"))
    assert {"duration", "tests"} <= set(told.rpartition("; missing: ")[2].split(", "))


def test_every_malformed_distribution_is_told_at_once():
    tree = compose("config", ("scenario=drive", "weather.cloud={uniform:[9,3]}", "weather.ice={uniform:[1]}"))
    with pytest.raises(ConfigError, match=r"^weather\.\w+ = .*; also: weather\.\w+ = "):
        concretize(tree, 1)


def test_a_concrete_scenario_without_anything_names_every_key():
    with pytest.raises(ConfigError) as caught:
        from_yaml("schema_version: 1\nseed: 4\nsede: 5\n")
    said = str(caught.value)
    assert said.startswith('sede: no setting of that name (did you mean "seed"?)')
    assert "road" in said.rpartition("; missing: ")[2] and "inputs" in said.rpartition("; missing: ")[2]
