"""Who writes to a folder keeps others out; what a killed process left behind is told from what is being written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.dataset.index import EPISODES
from simengine.simulation.dataset.output_folder import claimed
from simengine.simulation.files import locks
from simengine.simulation.files.locks import LOCK, folder_lock
from simengine.simulation.files.whole_files import begin_unfinished, complete_or_absent, new_folder, remove_left_behind

ROOT = Path(__file__).parents[3]
# Takes the lock of a folder, says so and waits for a line, or for its end.
HOLDER = (
    "import sys; sys.path.insert(0, sys.argv[1])\n"
    "from pathlib import Path\n"
    "from simengine.simulation.files.locks import folder_lock\n"
    "with folder_lock(Path(sys.argv[2]), 'output'): print('held', flush=True); sys.stdin.readline()"
)


def held_by_another(folder: Path) -> subprocess.Popen:
    line = [sys.executable, "-c", HOLDER, str(ROOT), str(folder)]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


def test_a_folder_that_another_process_writes_to_is_refused_with_its_id(tmp_path):
    process = held_by_another(tmp_path)
    try:
        with pytest.raises(ConfigError, match=rf"output = .*: process {process.pid} is writing to"), claimed(tmp_path):
            pytest.fail("it is held")
    finally:
        end(process)


def test_the_lock_of_a_process_that_was_killed_is_taken_over_and_deleted_in_the_end(tmp_path):
    end(held_by_another(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]
    with claimed(tmp_path):
        assert (tmp_path / LOCK).read_text().split()[0] == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_and_a_run_in_the_folder_of_one_of_its_jobs_exclude_each_other(tmp_path):
    process = held_by_another(tmp_path)
    try:
        with pytest.raises(ConfigError, match=f"process {process.pid} "), claimed(tmp_path / "0", [tmp_path / "0"]):
            pytest.fail("its sweep is held")
        assert not (tmp_path / "0").exists()
    finally:
        end(process)
    (tmp_path / "0").mkdir()
    process = held_by_another(tmp_path / "0")
    try:
        with pytest.raises(ConfigError, match=f"process {process.pid} "), claimed(tmp_path, [tmp_path / "0"]):
            pytest.fail("its job's folder is held")
    finally:
        end(process)


def test_one_process_does_not_write_twice_to_a_folder(tmp_path):
    with claimed(tmp_path), pytest.raises(ConfigError, match="this process"), claimed(tmp_path):
        pytest.fail("it is held")


def test_where_there_are_no_locks_the_process_that_a_lock_names_decides(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "try_lock", lambda handle, shared=False: None)
    process = held_by_another(tmp_path)
    try:
        with pytest.raises(ConfigError, match=f"process {process.pid} "), folder_lock(tmp_path, "output"):
            pytest.fail("it is held")
    finally:
        end(process)
    with folder_lock(tmp_path, "output"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / LOCK).symlink_to(tmp_path / "mine")
    with pytest.raises(ConfigError, match="cannot be written to"), claimed(tmp_path):
        pytest.fail("it is a link")
    assert (tmp_path / "mine").read_text() == "mine"


def test_two_who_write_the_same_file_do_not_share_its_hidden_name(tmp_path):
    path = tmp_path / "x.txt"
    with complete_or_absent(path) as first, complete_or_absent(path) as second:
        first.write_text("first, and long")
        second.write_text("second")
    assert path.read_text() == "first, and long"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_left_behind_is_deleted_and_what_is_being_written_or_foreign_stays(tmp_path):
    (tmp_path / EPISODES).mkdir()
    hidden, handle = begin_unfinished(tmp_path / EPISODES / "b.mcap")
    for name in (".a.mcap.unfinished", ".a.mcap.0123abcd.unfinished", ".notes.unfinished", "a.unfinished"):
        (tmp_path / EPISODES / name).touch()
    with claimed(tmp_path, [tmp_path]):
        pass
    left = sorted(path.name for path in (tmp_path / EPISODES).iterdir())
    assert left == sorted([hidden.name, ".notes.unfinished", "a.unfinished"])
    os.close(handle)
    remove_left_behind(tmp_path / EPISODES, lambda name: name.endswith(".mcap"))
    assert not hidden.exists()


def test_folders_that_were_made_and_stayed_empty_are_taken_away_and_no_others(tmp_path):
    (tmp_path / "old").mkdir()
    with new_folder(tmp_path / "old" / "a" / "b"):
        assert (tmp_path / "old" / "a" / "b").is_dir()
    assert list(tmp_path.iterdir()) == [tmp_path / "old"] and list((tmp_path / "old").iterdir()) == []
    with new_folder(tmp_path / "new" / "a"):
        (tmp_path / "new" / "kept").touch()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["kept"]
