"""Checks of hazards take those of the library and a user's own, by file and by name on a search path."""

from pathlib import Path

import pytest

from simengine.cli import main as simengine
from simengine.core.errors import ConfigError
from simengine.scenario.sampling import load_scenario, to_yaml
from simengine.verify.scenario_files import find_name
from tools.check import main
from tools.checks.hazards import difficulty, hazard_pictures
from tools.checks.hazards.chosen_hazards import chosen_hazards

TEXT = "# @package _global_\ndefaults:\n  - /scenarios/highway/hard_brake\n  - override /traffic: none\n  - _self_\n"


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "mine" / "near.yaml"
    file.parent.mkdir()
    file.write_text(TEXT + "scenario: {name: mine/near, duration: 3.0, events: {brake: {when: {time: 0.5}}}}\n")
    return file


def _search(file):
    return f"hydra.searchpath=[file://{file.parents[1]}]"


def test_own_hazards_are_found_by_file_and_by_name(own):
    by_file, by_name = chosen_hazards([str(own)], ["weather=fog"]), chosen_hazards(["mine/near"], [_search(own)])
    assert by_file[0].name == "near" and by_file[0].overrides[-1] == "weather=fog" and by_file[0].own
    assert by_name == [("mine/near", (_search(own),), True)]
    (inside,) = chosen_hazards(["scenarios/highway/cut_in.yaml"], [])
    assert inside == ("highway/cut_in", (), False)


def test_the_difficulty_of_an_own_hazard_is_measured(own, capsys):
    settings = ["--samples", "2", "--tuning", "--workers", "1", "--override", "physics=batched", "--reasons"]
    assert main(["difficulty", str(own), *settings]) in (0, 1)
    out = capsys.readouterr().out
    assert "near " in out and " 100% " in out and out.startswith("    scenario") and "1001" in out


def test_an_own_hazard_is_drawn(own, tmp_path):
    small = ["--override", "physics=batched", "--override", "scenario.duration=1.0", "--override", _search(own)]
    assert main(["hazards", "--pictures", str(tmp_path), "--scenario", "mine/near", "--seed", "1000", *small]) == 0
    assert (tmp_path / "mine_near.png").stat().st_size > 10_000


def test_figures_of_own_hazards_are_not_kept(own, capsys, monkeypatch):
    monkeypatch.setattr(difficulty, "sample_scenario", None)  # refused before anything is run
    assert main(["difficulty", str(own), "--write"]) == 2
    assert "not of scenarios of your own" in capsys.readouterr().err


def test_what_has_no_hazard_or_no_distribution_is_refused(own, tmp_path):
    fixed, calm = tmp_path / "fixed.yaml", tmp_path / "calm.yaml"
    fixed.write_text(to_yaml(load_scenario("highway/cut_in", seed=4)))
    calm.write_text(TEXT + "scenario: {name: calm, tags: [ordinary]}\n")
    for asked, said in (
        (str(fixed), "concrete scenario"),
        (str(calm), "no hazard"),
        ("highway/cutin", 'did you mean "highway/cut_in"'),
        ("mine/near", "hydra.searchpath"),
    ):
        with pytest.raises(ConfigError, match=said):
            chosen_hazards([asked], [])


def test_a_sheet_needs_a_camera(own):
    with pytest.raises(ConfigError, match="near: has no camera"):
        hazard_pictures.draw("mine/near", [1000], 2, 1, [_search(own), "sensors=none"])


def test_a_file_that_the_library_would_hide_is_refused(tmp_path, capsys):
    """Hydra takes the library's scenario of the name: the file would never run."""
    file = tmp_path / "scenarios" / "highway" / "cut_in.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(TEXT)
    with pytest.raises(ConfigError, match="named highway/cut_in too"):
        find_name(file, file)
    assert simengine(["test", str(file)]) == 2
    assert "give the file another name" in capsys.readouterr().err
    assert find_name(Path("scenarios/highway/cut_in.yaml"), file) == ("highway/cut_in", ())
