"""Who writes to a folder keeps others out; what a killed process left behind is told from what is being written."""

import errno
import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.dataset.index import EPISODES
from simengine.simulation.dataset.output_folder import claimed
from simengine.simulation.files import locks
from simengine.simulation.files.locks import LOCK, folder_lock, refuse_locked, try_lock
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


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def test_a_file_system_without_locks_is_told_from_a_lock_that_is_held_and_from_other_faults(tmp_path, monkeypatch):
    one, other = opened(tmp_path / "a"), opened(tmp_path / "a")
    assert try_lock(one, shared=True) is True and try_lock(other, shared=True) is True
    assert try_lock(one) is False
    os.close(other)
    assert try_lock(one) is True

    def refuse(number):
        def flock(handle, operation):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", flock)

    for number in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
        refuse(number)
        assert try_lock(one) is None
    refuse(errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        try_lock(one)
    os.close(one)


def test_a_lock_holds_its_owner_alone_whatever_stood_in_it(tmp_path):
    for before in ("9" * 40 + " " + "a" * 80, "not a lock", "12 x y z", ""):
        (tmp_path / LOCK).write_text(before)
        with folder_lock(tmp_path, "output"):
            assert (tmp_path / LOCK).read_text() == f"{os.getpid()} {socket.gethostname()}\n"


def test_the_lock_of_somebody_else_is_not_deleted(tmp_path):
    with folder_lock(tmp_path, "output"):
        (tmp_path / LOCK).unlink()
        (tmp_path / LOCK).write_text("of another")
    assert (tmp_path / LOCK).read_text() == "of another"


def test_a_lock_that_its_holder_deletes_just_when_it_becomes_free_is_made_anew(tmp_path, monkeypatch):
    try_it, deleted = locks.try_lock, []

    def delete_first(handle, shared=False):
        if not deleted:
            deleted.append(True)
            (tmp_path / LOCK).unlink()
        return try_it(handle, shared)

    monkeypatch.setattr(locks, "try_lock", delete_first)
    with folder_lock(tmp_path, "output"):
        assert (tmp_path / LOCK).read_text().split()[0] == str(os.getpid())
    assert deleted


def test_somebody_who_looks_whether_a_lock_is_free_keeps_nobody_out(tmp_path, monkeypatch):
    looks = opened(tmp_path / LOCK)
    assert try_lock(looks, shared=True)
    refuse_locked(tmp_path, "output")  # another one may look at the same time
    waited = []

    def wait(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            os.close(looks)

    monkeypatch.setattr(locks.time, "sleep", wait)
    with folder_lock(tmp_path, "output"):
        pass
    assert len(waited) == 3 and 0.0 < sum(waited) < 1.0


def test_without_locks_a_process_of_another_machine_counts_as_running_and_one_that_ended_does_not(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(locks, "try_lock", lambda handle, shared=False: None)
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    ended = int(done.stdout)
    (tmp_path / LOCK).write_text(f"{ended} elsewhere\n")
    with pytest.raises(ConfigError, match=f"process {ended} on elsewhere is writing"), folder_lock(tmp_path, "output"):
        pytest.fail("it may be running there")
    for gone in (f"{ended} {socket.gethostname()}\n", "not locked\n"):
        (tmp_path / LOCK).write_text(gone)
        with folder_lock(tmp_path, "output"):
            pass


def test_a_pipe_or_a_link_in_the_place_of_the_lock_above_is_neither_waited_for_nor_followed(tmp_path):
    above, held = tmp_path / "above", opened(tmp_path / "held")
    above.mkdir()
    assert try_lock(held)
    (above / LOCK).symlink_to(tmp_path / "held")
    refuse_locked(above, "output")
    (above / LOCK).unlink()
    os.mkfifo(above / LOCK)
    refuse_locked(above, "output")
    os.close(held)


def test_what_a_run_made_is_taken_away_if_it_leaves_nothing_whole(tmp_path):
    root = tmp_path / "new" / "run"
    with pytest.raises(KeyError), claimed(root, [root, root / "1"]):
        assert list((root / EPISODES).iterdir()) == []  # nor is the probe left
        for folder in (root, root / "1"):
            _, handle = begin_unfinished(folder / EPISODES / "a.mcap")
            os.close(handle)
        raise KeyError("a")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyError), claimed(root, [root]):
        (root / EPISODES / "a.mcap").touch()
        raise KeyError("a")
    assert [path.name for path in (root / EPISODES).iterdir()] == ["a.mcap"] and not (root / LOCK).exists()


def test_what_a_killed_run_left_is_gone_before_the_next_begins(tmp_path):
    (tmp_path / EPISODES).mkdir()
    (tmp_path / EPISODES / ".a.mcap.0123abcd.unfinished").touch()
    with claimed(tmp_path, [tmp_path]):
        assert list((tmp_path / EPISODES).iterdir()) == []


def test_a_folder_that_takes_no_files_is_refused_before_the_run(tmp_path, monkeypatch):
    def refuse(path):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("simengine.simulation.dataset.output_folder.begin_unfinished", refuse)
    with pytest.raises(ConfigError, match="cannot be written to: read-only"), claimed(tmp_path, [tmp_path / "a"]):
        pytest.fail("it takes none")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file, not a folder; choose another place"), claimed(tmp_path / "file"):
        pytest.fail("it is a file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
