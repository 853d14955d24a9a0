"""The determinism check sees a difference in an index, a digest or a file, and kills what it is to kill."""

import random
import sys
from pathlib import Path

import pytest

from simengine.core.errors import ScenarioError
from simengine.simulation.dataset.index import episode_path, refresh_index
from simengine.simulation.mcap.writer import EpisodeWriter
from tests.simulation import episode_fixtures as drawn
from tools.checks import determinism as check


def write(folder: Path, seed: int, frames: int = 3) -> None:
    (folder / "episodes").mkdir(parents=True, exist_ok=True)
    scenario = drawn.concrete(seed=seed)
    path = episode_path(folder, f"{seed:06d}")
    writer = EpisodeWriter(path, path.stem, scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
    drawn.record(writer, frames)
    refresh_index(folder, {path.stem: random.random()})


def test_equal_datasets_differ_in_nothing_but_wall_time(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / name, 1)
        write(tmp_path / name, 2)
    assert check.differences_of_datasets(tmp_path / "a", tmp_path / "b") == []


def test_a_difference_is_named(tmp_path):
    write(tmp_path / "a", 1)
    write(tmp_path / "b", 1, frames=2)
    (tmp_path / "b" / "episodes" / ".left.unfinished").touch()
    found = check.differences_of_datasets(tmp_path / "a", tmp_path / "b")
    assert "column digest" in found
    assert any("first difference in" in text for text in found)
    assert "file episodes/.left.unfinished" in found


def test_an_episode_of_one_run_only_is_a_difference(tmp_path):
    write(tmp_path / "a", 1)
    write(tmp_path / "b", 1)
    write(tmp_path / "b", 2)
    found = check.differing(check.episodes_by_scenario(tmp_path / "a"), check.episodes_by_scenario(tmp_path / "b"))
    assert [bool(text) for _, text in found] == [False, True]


# Makes numbered files one after another, and goes on where it was.
MAKER = """
import sys, time, pathlib
folder, total, pace = pathlib.Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
folder.mkdir(exist_ok=True)
for k in range(total):
    path = folder / f"{k}.mcap"
    if not path.exists():
        hidden = folder / f".{k}.mcap.unfinished"
        hidden.touch()
        time.sleep(pace)
        hidden.rename(path)
"""


def test_a_command_is_killed_as_often_as_asked_and_then_finishes(tmp_path):
    arguments = [sys.executable, "-c", MAKER, str(tmp_path / "out"), "6", "0.3"]
    killed = check.kill_at_random(arguments, tmp_path / "out", 6, 3, 0.3, 0.05, random.Random(1))
    assert killed is not None and killed.kills == 3 and list(killed.finished) == sorted(killed.finished)
    assert 0 < killed.finished[-1] < 6
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_a_command_that_ends_before_it_is_killed_is_told(tmp_path):
    arguments = [sys.executable, "-c", MAKER, str(tmp_path / "out"), "1", "0"]
    assert check.kill_at_random(arguments, tmp_path / "out", 1, 1, 600.0, 600.0, random.Random(1)) is None


def test_a_command_that_fails_is_an_error_with_its_last_line(tmp_path):
    arguments = [sys.executable, "-c", "import sys; sys.exit('broken: this')"]
    with pytest.raises(ScenarioError, match="broken: this"):
        check.kill_at_random(arguments, tmp_path / "out", 3, 1, 600.0, 600.0, random.Random(1))
    with pytest.raises(ScenarioError, match="wether"):
        check.generate(tmp_path / "out", ["wether=fog"])


def test_wide_instructions_are_those_that_this_machine_has():
    import numpy

    core = getattr(numpy, "_core", None) or numpy.core
    wide = check.wide_instructions()
    assert all(core._multiarray_umath.__cpu_features__[name] for name in wide)
    has_wide = core._multiarray_umath.__cpu_features__.get("AVX512_SKX", False)
    assert not wide or has_wide


def test_an_unknown_scenario_is_one_error():
    with pytest.raises(ScenarioError, match="highway/cutin"):
        check.library_scenarios(["highway/cutin"])
    assert "highway/cut_in" in check.library_scenarios([])
