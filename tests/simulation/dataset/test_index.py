"""The index repeats what the episode files say, and can be rebuilt from them after a kill."""

import os
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.dataset.index import (
    EPISODES,
    INDEX,
    WALL_TIME,
    episode_path,
    episode_row,
    finished_episodes,
    index_table,
    read_index,
    refresh_index,
    remove_unfinished,
    write_index,
)
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.mcap.writer import EpisodeWriter
from tests.simulation import episode_fixtures as drawn


def make(folder, number: int, num_frames: int = 1):
    (folder / EPISODES).mkdir(exist_ok=True)
    path = episode_path(folder, f"{number:06d}")
    scenario = drawn.concrete(seed=number)
    writer = EpisodeWriter(path, path.stem, scenario, drawn.network(), drawn.actors(), scenario.recorder, {})
    drawn.record(writer, num_frames)
    return read_episode(path).summary


def test_a_row_tells_what_was_tolerated_in_the_input_files(tmp_path):
    (tmp_path / EPISODES).mkdir()
    path, scenario = episode_path(tmp_path, "000001"), drawn.concrete(seed=1)
    told = ("a.xodr: <road> is odd: line 3", "a.xodr: <lane> is odd: line 4")
    writer = EpisodeWriter(path, path.stem, scenario, drawn.network(), drawn.actors(), scenario.recorder, {}, told)
    drawn.record(writer, 1)
    assert read_episode(path).remarks == told
    assert [row["remarks"] for row in refresh_index(tmp_path, {})] == ["\n".join(told)]


def without_wall_time(folder) -> list[dict]:
    return [{name: value for name, value in row.items() if name != WALL_TIME} for row in read_index(folder)]


def test_a_row_holds_what_the_episode_came_to_and_what_was_drawn(tmp_path):
    make(tmp_path, 3)
    refresh_index(tmp_path, {"000003": 1.5})
    (row,) = read_index(tmp_path)
    expected = {
        "id": "000003", "scenario": "test/drawn", "seed": 3, "duration": 0.0, "verdict": "failed", WALL_TIME: 1.5,
        "reason": "no_collision at 0.32 s with crate (cargo), 812 N s", "weather.optical_range": 123.0,
        "weather.wind_speed": 0.0, "ego.speed": 10.0, "metrics.min_ttc": 0.75, "metrics.lane_changes": 0,
        "metrics.max_deceleration": None,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert len(row["digest"]) == 64
    assert pq.read_schema(tmp_path / INDEX).names[:9] == [
        "id", "scenario", "seed", "duration", "verdict", "reason", "digest", WALL_TIME, "remarks",
    ]  # fmt: skip


def test_rebuilding_from_the_files_gives_the_same_rows_but_for_wall_time(tmp_path):
    write_index(tmp_path, [episode_row(make(tmp_path, number), float(number)) for number in (2, 0, 1)])
    before = without_wall_time(tmp_path)
    assert [row["id"] for row in before] == ["000000", "000001", "000002"]
    (tmp_path / INDEX).unlink()
    refresh_index(tmp_path, {})
    assert without_wall_time(tmp_path) == before


def test_known_wall_times_survive_going_on(tmp_path):
    write_index(tmp_path, [episode_row(make(tmp_path, 0), 4.0)])
    make(tmp_path, 1)  # finished, then killed before its row was written
    make(tmp_path, 2)
    refresh_index(tmp_path, {"000002": 5.0})
    assert [row[WALL_TIME] for row in read_index(tmp_path)] == [4.0, None, 5.0]


def test_only_complete_files_count_as_finished(tmp_path):
    make(tmp_path, 0)
    make(tmp_path, 1)
    path = episode_path(tmp_path, "000001")
    path.write_bytes(path.read_bytes()[:-100])
    (tmp_path / EPISODES / ".000002.mcap.unfinished").write_bytes(b"half")
    assert list(finished_episodes(tmp_path)) == ["000000"]
    remove_unfinished(tmp_path)
    assert sorted(p.name for p in (tmp_path / EPISODES).iterdir()) == ["000000.mcap", "000001.mcap"]


def test_a_corrupt_index_is_one_error_and_going_on_rewrites_it(tmp_path):
    make(tmp_path, 0)
    (tmp_path / INDEX).write_bytes(b"PAR1 nonsense")
    with pytest.raises(ConfigError, match="index.parquet: not a readable index"):
        read_index(tmp_path)
    refresh_index(tmp_path, {})
    assert [row["id"] for row in read_index(tmp_path)] == ["000000"]


def test_columns_take_one_type_and_missing_values_are_null():
    table = index_table(
        [
            {"id": "a", "x": 1, "kind": "deer"},
            {"id": "b", "x": 2.5, "kind": 3},
            {"id": "c", "metrics.m": True},
        ]
    )
    assert table.column("x").to_pylist() == [1.0, 2.5, None]
    assert table.column("kind").to_pylist() == ["deer", "3", None]
    assert table.column("metrics.m").to_pylist() == [None, None, True]
    assert table.schema.names[-1] == "metrics.m"


def test_an_index_that_cannot_be_written_is_one_error(tmp_path):
    with pytest.raises(ConfigError, match="index.parquet: cannot be written"):
        write_index(tmp_path / "nowhere", [])


def test_sigkill_at_any_moment_leaves_only_complete_episodes(tmp_path):
    program = (
        "import sys, pathlib; sys.path.insert(0, '.'); from tests.simulation.dataset.test_index import make\n"
        "folder = pathlib.Path(sys.argv[1]); print('ready', flush=True)\n"
        "for n in range(1000): make(folder, n, 2)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
    process.stdout.readline()
    deadline = time.monotonic() + 60.0
    while len(list(tmp_path.glob(f"{EPISODES}/*.mcap"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.002)  # waits for another process's files, not for time to pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    finished = finished_episodes(tmp_path)
    assert len(finished) == len(list(tmp_path.glob(f"{EPISODES}/*.mcap"))) >= 3
    remove_unfinished(tmp_path)
    for number in range(len(finished)):
        digest = finished[f"{number:06d}"].digest
        assert make(tmp_path, number, 2).digest == digest
