"""What a user types reaches its setting whatever characters it holds, or the message says how to quote it."""

from pathlib import Path

import pytest

from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose
from simengine.scenario.override_text import key_of, quote, searchpath_folders, split_settings, unquote
from simengine.scenario.overrides import expand_sweep, parse_overrides
from simengine.scenario.sampling import load_scenario

ODD = [
    "a:b", "ü", "a b", "a(b)", "[a]", "a,b", "#1", "a;b", "it's", "a=b", "~a", "{a}", '"a', "a\\", "a\\'b", "2024",
    "null",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_a_folder_of_any_name_is_an_output(name):
    assert compose("config", (f"output={name}",))["output"] == name
    assert compose("config", (f"++output={name}",))["output"] == name
    assert unquote(quote(name)) == name


def test_quotation_marks_around_a_path_are_taken_off():
    assert compose("config", ("output='a b'",))["output"] == "a b"
    assert compose("config", ('output="a,b"',))["output"] == "a,b"


@pytest.mark.parametrize("name", [name for name in ODD if "\\" not in name])
def test_a_search_path_of_any_name_is_found(tmp_path, name):
    folder = tmp_path / name / "mine"
    folder.mkdir(parents=True)
    (folder / f"{name}.yaml").write_text("# @package _global_\ndefaults: [/scenarios/drive, _self_]\n")
    for text in (f"hydra.searchpath=[file://{tmp_path / name}]", f"+hydra.searchpath=[file://{tmp_path / name}]"):
        assert load_scenario(f"mine/{name}", [text]).scenario.name == "drive"


def test_several_folders_are_searched(tmp_path):
    (tmp_path / "a, b").mkdir()
    (tmp_path / "c").mkdir()
    text = f"hydra.searchpath=[file://{tmp_path}/a, b, 'file://{tmp_path}/c']"
    assert searchpath_folders(text) == [tmp_path / "a, b", tmp_path / "c"]


@pytest.mark.parametrize("name", ["a,b.xodr", "ü (1).xodr", "1", "a;#b.xodr"])
def test_a_map_of_any_name_is_read(tmp_path, name):
    (tmp_path / name).write_text("x")
    assert compose("config", ("road=opendrive", f"road.file={tmp_path / name}"))["road"]["file"] == str(tmp_path / name)


def test_maps_can_still_be_swept():
    jobs = expand_sweep(["road=opendrive", "road.file=a.xodr,b.xodr"])
    assert jobs == [("road=opendrive", "road.file=a.xodr"), ("road=opendrive", "road.file=b.xodr")]


@pytest.mark.parametrize("value", ["a (b", "ü,ö", "a#b", "a;b", "[a"])
def test_other_text_is_told_how_to_quote(value):
    text = f"scenario.tests={value}"
    with pytest.raises(ConfigError) as caught:
        parse_overrides([text])
    message = str(caught.value)
    assert "\n" not in message and "key=value" in message
    if value[0] != "[":
        told = message.rpartition("setting: ")[2].strip('"')
        assert load_scenario("drive", [told]).scenario.tests == value


@pytest.mark.parametrize(
    "text", ["seed=" + "9" * 5000, "x=" + "[" * 3000, "x=" + "a" * 30_000, "a\0=1", "=", "", "x", "~"]
)
def test_text_of_any_shape_is_one_short_line(text):
    with pytest.raises(ConfigError) as caught:
        load_scenario("drive", [text])
    assert "\n" not in str(caught.value) and 0 < len(str(caught.value)) < 1000


def test_the_home_folder_is_meant_by_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.yaml").write_text("# @package _global_\ndefaults: [/scenarios/drive, _self_]\n")
    assert searchpath_folders("hydra.searchpath=[file://~/mine]") == [tmp_path / "mine"]
    assert load_scenario("own", ["hydra.searchpath=[file://~/mine]"]).scenario.name == "drive"
    assert split_settings(["~/mine", "seed=1"]) == ([str(tmp_path / "mine")], ["seed=1"])
    with pytest.raises(ValueError, match=r"road\.file = ~nobody-here/x"):
        load_scenario("drive", ["road=opendrive", "road.file=~nobody-here/x"])


def test_what_lies_on_the_disk_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("seed=1").mkdir()
    words = ["seed=1", "seed=2", "highway/cut_in", "+a.b=3", "~traffic", "./x=y.yaml"]
    assert split_settings(words) == (["seed=1", "highway/cut_in", "x=y.yaml"], ["seed=2", "+a.b=3", "~traffic"])


def test_signs_before_a_key_are_no_part_of_it():
    assert [key_of(text) for text in ("output=a=b", "++output=x", "~weather", "+a.b=1")] == [
        "output", "output", "weather", "a.b",
    ]  # fmt: skip
