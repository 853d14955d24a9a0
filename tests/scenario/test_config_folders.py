"""No file of scenarios or options chooses code, reads the environment or keeps the composition busy."""

import pytest

from simengine.core.errors import ConfigError, ScenarioError
from simengine.scenario.compose import _compose
from simengine.scenario.overrides import expand_sweep
from simengine.scenario.sampling import load_scenario

HEAD = "# @package _global_\n"


def load(folder, text, *overrides, name="mine"):
    (folder / f"{name}.yaml").write_text(text)
    return load_scenario(name, [f"hydra.searchpath=[file://{folder}]", *overrides])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "defaults: [/scenarios/drive, {override /weather: '${oc.env:WEATHER}'}]\n", "may only call"),
        (HEAD + "defaults: [/scenarios/drive, {override /weather: '${oc.decode:${oc.env:X}}'}]\n", "may only call"),
        (HEAD + "defaults: ['${oc.env:X}']\n", "may only call"),
        (HEAD + "defaults: [/scenarios/drive]\nscenario: {tests: '${oc.env:HOME}'}\n", "line 3, column 19"),
        (HEAD + "defaults: [/scenarios/drive]\nscenario: {tests: '${hydra:runtime.cwd}'}\n", "may only call"),
        (HEAD + "defaults: [/scenarios/drive]\nscenario: {tests: '${now:%Y}'}\n", "may only call"),
        (HEAD + "defaults: [/scenarios/drive]\nscenario: {tests: '${oc.${x}:HOME}'}\n", "written out"),
        (HEAD + "defaults: [/scenarios/drive]\nscenario: {tests: '${ }'}\n", "a reference is written"),
        (HEAD + "hydra: {searchpath: ['pkg://os']}\n", "line 2, column 1"),
        (HEAD + "hydra.searchpath: ['file:///']\n", "chooses no code"),
        (HEAD + "hydra: {job: {env_copy: [HOME]}}\n", "does not set up Hydra"),
        (HEAD + "_target_: os.system\n", "chooses no code"),
        (HEAD + "defaults: [/scenarios/drive]\nsensors: {a: {_target_: os.system}}\n", "line 3, column 15"),
        (HEAD + "defaults: [{override /hydra/launcher: basic}]\n", "cannot set up Hydra"),
        (HEAD + "defaults: [{/weather@hydra.job: fog}]\n", "cannot set up Hydra"),
        ("# @package hydra.job\nenv_copy: [HOME]\n", "_global_ or a key path"),
        ("# @package a b\na: 1\n", "components"),
        (HEAD + "defaults: 3\n", "line 2, column 11: defaults must be a list"),
        (HEAD + "defaults: [3]\n", "an entry of defaults"),
        (HEAD + "defaults: [null]\n", "an entry of defaults"),
        (HEAD + "defaults: [[a]]\n", "an entry of defaults"),
        (HEAD + "defaults: [{a: b, c: d}]\n", "an entry of defaults"),
        (HEAD + "defaults: [{a: {b: c}}]\n", "an entry of defaults"),
    ],
)
def test_what_a_file_may_not_say(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert words in message and "mine.yaml" in message and "\n" not in message


def test_files_that_name_each_other_end(tmp_path):
    (tmp_path / "a.yaml").write_text(HEAD + "defaults: [/scenarios/b]\n")
    (tmp_path / "b.yaml").write_text(HEAD + "defaults: [/scenarios/a]\n")
    with pytest.raises(ConfigError, match="name"):
        load_scenario("a", [f"hydra.searchpath=[file://{tmp_path}]"])


def test_files_that_name_others_twice_end(tmp_path):
    for i in range(20):
        (tmp_path / f"s{i}.yaml").write_text(HEAD + f"defaults: [/scenarios/s{i + 1}@a, /scenarios/s{i + 1}@b]\n")
    (tmp_path / "s20.yaml").write_text("x: 1\n")
    with pytest.raises(ConfigError, match="more than 400 files"):
        load_scenario("s0", [f"hydra.searchpath=[file://{tmp_path}]"])


def test_a_folder_that_holds_itself_ends(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="it may be a link"):
        load(tmp_path, HEAD + "defaults: [/scenarios/drive]\n")


DRIVE = HEAD + "defaults: [/scenarios/drive, _self_]\n"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({f"p{i}": f"${{.p{i + 1}}}${{.p{i + 1}}}" for i in range(40)}, "more than 100000 values"),
        ({f"p{i}": f"${{add:${{.p{i + 1}}},${{.p{i + 1}}}}}" for i in range(40)}, "more than 100000 values"),
        ({f"p{i}": f"{{a: '${{..p{i + 1}}}', b: '${{..p{i + 1}}}'}}" for i in range(40)}, "more than 100000 values"),
        ({"p": "${.p}"}, "circle"),
        ({"p": "${.q}", "q": "${.p}"}, "circle"),
        ({"p": "${mul:abc,1000000000}"}, "is no number"),
        ({f"p{i}": f"${{mul:${{.p{i + 1}}},1e90}}" for i in range(9)} | {"p9": "${add:1e9,0}"}, "beyond ±1e+100"),
        ({"p": "${div:1,0}"}, "cannot be computed"),
        ({"p": "${add:" * 17 + "1" + ",1}" * 17}, "16 references"),
        ({"p": "${add:1," + " " * 2000 + "1}"}, "1000 characters"),
    ],
)
def test_references_do_not_explode(tmp_path, parameters, words):
    lines = "".join(
        f"    {key}: {value}\n" if value[0] == "{" else f"    {key}: '{value}'\n" for key, value in parameters.items()
    )
    with pytest.raises((ConfigError, ScenarioError), match=words.replace("+", r"\+")):
        load(tmp_path, DRIVE + "scenario:\n  parameters:\n" + lines + "    p40: 1\n")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("weather.rain_rate", "{uniform: [-1.0e308, 1.0e308]}", "within"),
        ("weather.rain_rate", "{normal: [0, 1.0e308]}", "within"),
        ("scenario.duration", "{integers: [1, 100000000000000000000]}", "within"),
        ("sensors.camera_front.mount.position", "[1.0e308, 0, 0]", "at most 100"),
        ("sensors.camera_front.mount.yaw_deg", "1.0e308", "at most 360"),
        ("sensors.camera_front.rate_hz", "1.0e-308", "at least 0.001"),
        ("sensors.lidar_top.highest_deg", "-80", "at least as high as the lowest"),
        ("traffic.mix.car", "1.0e308", "at most 1"),
        ("scenario.duration", "yes", "not true or false"),
        ("weather.rain_rate", "true", "not true or false"),
        ("scenario.duration", ".nan", "finite"),
        ("scenario.duration", ".inf", "finite"),
    ],
)
def test_numbers_beyond_all_measure_are_refused(tmp_path, key, value, words):
    for part in reversed(key.split(".")):
        value = f"{{{part}: {value}}}"
    group = key.split(".")[0]
    with pytest.raises(ConfigError, match=words):
        load(tmp_path, DRIVE + f"{group}: {value.removeprefix(f'{{{group}: ')[:-1]}\n")


def test_nobody_else_is_called_ego(tmp_path):
    place = "{arm: own, lane: 0, ahead: 50, lateral: 0, heading_deg: 0, height: 0}"
    body = f"{{kind: car, behavior: parked, place: {place}, "
    with pytest.raises(ConfigError, match="scenario.actors.ego.*choose another"):
        load(tmp_path, DRIVE + f"scenario: {{actors: {{ego: {body}speed: 0, present: true}}}}}}\n")
    with pytest.raises(ConfigError, match="sensors.world.*choose another"):
        load_scenario("drive", ["+sensors.world=${sensors.lidar_top}"])


def test_an_edited_file_is_read_again(tmp_path):
    search = f"hydra.searchpath=[file://{tmp_path}]"
    file, option = tmp_path / "mine.yaml", tmp_path / "weather" / "mist.yaml"
    option.parent.mkdir()
    body = HEAD + "defaults: [/scenarios/drive, override /weather: mist, _self_]\nscenario: {duration: %s}\n"
    for duration, rain in ((3.0, 1.0), (4.0, 1.0), (4.0, 2.0)):
        file.write_text(body % duration)
        option.write_text(f"defaults: [clear, _self_]\nrain_rate: {rain}\n")
        found = load_scenario("mine", [search])
        assert (found.scenario.duration, found.weather.rain_rate) == (duration, rain)
    option.unlink()
    with pytest.raises(ConfigError, match="mist"):
        load_scenario("mine", [search])


def test_a_file_that_comes_before_another_is_found(tmp_path):
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    search = f"hydra.searchpath=[{','.join(f'file://{folder}' for folder in folders)}]"
    for folder, duration in zip(reversed(folders), (3.0, 4.0), strict=True):
        (folder / "mine.yaml").write_text(DRIVE + f"scenario: {{duration: {duration}}}\n")
        assert load_scenario("mine", [search]).scenario.duration == duration


def test_composing_again_without_a_change_takes_the_kept_tree():
    assert _compose("config", ("weather=fog",)) is _compose("config", ("weather=fog",))


def test_a_sweep_without_an_end_is_refused():
    with pytest.raises(ConfigError, match="more than 100000 jobs"):
        expand_sweep(["seed=range(1,1000000000)"])


def test_an_environment_is_registered_or_refused():
    from simengine.learning.environment import environment_of

    for env_id in ("os:simengine/Highway-v0", "simengine/Highwy-v0", "", None, 3, ["simengine/Highway-v0"]):
        with pytest.raises(ConfigError, match=r"env\.id = .*: no such environment.*allowed: simengine/Highway-v0"):
            environment_of({"id": env_id}, "env")
    with pytest.raises(ConfigError, match="env.vector_kwargs"):
        environment_of({"id": "simengine/Highway-v0", "vector_kwargs": {}}, "env")
    assert environment_of({"id": "simengine/Highway-v0", "lanes": 3}, "env") == ("simengine/Highway-v0", {"lanes": 3})


def test_train_imports_no_module_that_a_file_names(tmp_path, monkeypatch, capsys):
    from simengine.cli import main

    (tmp_path / "env").mkdir()
    (tmp_path / "evil_module.py").write_text("open('ran', 'w').close()\n")
    (tmp_path / "env" / "mine.yaml").write_text("id: evil_module:Env-v0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["train", "env=mine", f"hydra.searchpath=[file://{tmp_path}]"]) == 2
    assert "env.id = evil_module:Env-v0" in capsys.readouterr().err and not (tmp_path / "ran").exists()
