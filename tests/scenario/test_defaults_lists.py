"""What files choose by their defaults lists, and how they are laid over each other, is told with the file's path."""

import os

import pytest

from simengine.core.errors import ConfigError
from simengine.scenario.compose import compose, scenario_names
from simengine.verify.suite import collect

HEAD = "# @package _global_\n"
DRIVE = HEAD + "defaults: [/scenarios/drive, _self_]\n"


def refusal(folder, text, *overrides):
    path = folder / "mine.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        compose("config", ("scenario=mine", f"hydra.searchpath=[file://{folder}]", *overrides))
    message = str(caught.value)
    assert "\n" not in message and message.startswith(str(path)), message
    assert "search path" not in message and "object_type" not in message
    return message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "defaults: [/scenarios/highway/cutin]\n", 'highway/cutin, which is no option (did you mean "cut_in"?)'),
        (HEAD + "defaults: [{override /weather: fogg}]\n", 'weather/fogg, which is no option (did you mean "fog"?)'),
        (HEAD + "defaults: [{override /wether: fog}]\n", "defaults override wether, of which nothing is chosen"),
        (HEAD + "defaults: [/scenarios/drive, {/weather: fog}]\n", "weather is chosen already; an entry of defaults"),
        (HEAD + "defaults: [{override /weather: '???'}]\n", "no option of weather is chosen; allowed: clear, fog"),
        (HEAD + "defaults: [_self_, _self_]\n", "defaults hold _self_ twice"),
        ("defaults: [/scenarios/drive, _self_]\nscenario: {tags: [a]}\n", "must be `# @package _global_`"),
        ("scenario: {tags: [a]}\n", "must be `# @package _global_`"),
        (DRIVE + "scenario: [1]\n", "line 3, column 11: scenario must be a mapping"),
        (HEAD + "weather:\n  cloud: 1\ntraffic:\n  mix: [car]\n", "line 5, column 8: traffic.mix must be a mapping"),
    ],
)
def test_a_fault_of_a_defaults_list_names_the_file_and_what_is_allowed(tmp_path, text, words):
    assert words in refusal(tmp_path, text)


@pytest.mark.parametrize("kind", ["folder", "link", "circle", "socket"])
def test_what_is_called_like_a_file_is_told_for_what_it_is(tmp_path, monkeypatch, kind):
    path = tmp_path / "mine.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "socket":
        import socket

        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as end:
            end.bind("mine.yaml")
    else:
        path.symlink_to("mine.yaml" if kind == "circle" else "nowhere")
    words = {"folder": "is a directory", "link": "no such file", "circle": "too many levels", "socket": "a pipe, sock"}
    assert words[kind] in refusal(tmp_path, None)


def test_what_editors_and_file_systems_put_beside_a_file_does_not_spoil_a_folder(tmp_path):
    (tmp_path / "mine.yaml").write_text(HEAD + "defaults: [/scenarios/drive, _self_]\n")
    os.symlink("user@host.1:2", tmp_path / ".#mine.yaml")
    (tmp_path / "._mine.yaml").write_bytes(b"\0\5\x16\7")
    names = scenario_names([f"hydra.searchpath=[file://{tmp_path}]"])
    assert "mine" in names and not any("." in name for name in names)
    assert [case.scenario.scenario.name for case in collect([str(tmp_path)], [])] == ["drive"]
    (tmp_path / "folder.yaml").mkdir()
    assert "folder" not in scenario_names([f"hydra.searchpath=[file://{tmp_path}]"])


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("~workers", "it has no value already"),
        ("~weather.rain", "weather.rain: no setting of that name"),
        ("~wether", "wether: no setting of that name"),
    ],
)
def test_what_cannot_be_taken_away_is_named(word, words):
    with pytest.raises(ConfigError) as caught:
        compose("config", (word,))
    assert words in str(caught.value) and word.lstrip("~") in str(caught.value)
    assert "Could not delete" not in str(caught.value)


def test_a_setting_that_another_option_of_the_group_has_names_that_option():
    with pytest.raises(ConfigError, match=r"^road\.file: no setting .* \(road=commonroad and road=opendrive have it\)"):
        compose("config", ("road.file=x.xodr",))
    with pytest.raises(ConfigError, match=r"did you mean .weather\.rain_rate"):
        compose("config", ("weather.rainrate=1",))


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("hydra=null", "^hydra=null: "),
        ("hydra/launcher=x", "find 'hydra/launcher/x' Available options"),
        ("ego." * 3_000 + "a=1", "…: no setting"),
    ],
)
def test_what_no_file_is_to_blame_for_names_the_setting_in_a_short_line(word, words):
    with pytest.raises(ConfigError, match=words) as caught:
        compose("config", (word,))
    assert len(str(caught.value)) < 1_000 and "search path" not in str(caught.value)
