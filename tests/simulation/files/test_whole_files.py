"""Files that appear complete or not at all, and never in the place of what is no regular file."""

import os
import secrets
import stat
from pathlib import Path

import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.files import whole_files
from simengine.simulation.files.locks import try_lock
from simengine.simulation.files.whole_files import (
    begin_unfinished,
    complete_or_absent,
    new_folder,
    refuse_unwritable,
    remove_left_behind,
    room_for,
)


def test_a_pipe_is_not_replaced(tmp_path):
    pipe = tmp_path / "report.xml"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match=r"^--junit x: is a pipe, socket or device; it must be a regular file"):
        refuse_unwritable(pipe, "--junit x")
    with pytest.raises(ConfigError, match=r"report\.xml: is a pipe, socket or device"), complete_or_absent(pipe) as new:
        new.write_text("x")
    assert stat.S_ISFIFO(pipe.stat().st_mode) and os.listdir(tmp_path) == ["report.xml"]


def test_a_device_and_a_folder_are_refused(tmp_path):
    for path, words in ((os.devnull, "is a pipe, socket or device"), (tmp_path, "is a folder, not a file")):
        with pytest.raises(ConfigError, match=words):
            refuse_unwritable(type(tmp_path)(path), "--junit")


def test_a_file_is_replaced_and_a_new_one_made(tmp_path):
    for text in ("one", "two"):
        refuse_unwritable(tmp_path / "a", "a")
        assert os.listdir(tmp_path) == (["a"] if text == "two" else [])
        with complete_or_absent(tmp_path / "a") as hidden:
            hidden.write_text(text)
        assert (tmp_path / "a").read_text() == text


def draw(monkeypatch, *words):
    drawn = iter(words)
    monkeypatch.setattr(secrets, "token_hex", lambda size: next(drawn))


@pytest.mark.parametrize("folder", [False, True])
def test_a_hidden_name_that_something_has_is_drawn_again(tmp_path, monkeypatch, folder):
    draw(monkeypatch, "0" * 8, "0" * 8, "1" * 8)
    first, one = begin_unfinished(tmp_path / "a", folder)
    if not folder:
        first.write_text("first")
    second, other = begin_unfinished(tmp_path / "a", folder)
    assert [first.name, second.name] == [".a.00000000.unfinished", ".a.11111111.unfinished"]
    assert folder or (first.read_text() == "first" and os.fstat(other).st_size == 0)
    for handle in (one, other):
        os.close(handle)
    draw(monkeypatch, *["0" * 8] * 99)
    with pytest.raises(FileExistsError):
        begin_unfinished(tmp_path / "a", folder)


@pytest.mark.parametrize("deleted", [True, False])
def test_what_another_process_takes_for_left_behind_before_it_is_locked_is_made_anew(tmp_path, monkeypatch, deleted):
    draw(monkeypatch, "0" * 8, "1" * 8)
    before = set(os.listdir("/proc/self/fd"))

    def taken(handle, shared=False):
        if deleted:
            (tmp_path / ".a.00000000.unfinished").unlink(missing_ok=True)
            return try_lock(handle, shared)
        return (tmp_path / ".a.11111111.unfinished").exists()

    monkeypatch.setattr(whole_files, "try_lock", taken)
    hidden, handle = begin_unfinished(tmp_path / "a")
    assert hidden.name == ".a.11111111.unfinished" and hidden.exists()
    os.close(handle)
    assert set(os.listdir("/proc/self/fd")) == before


def test_folders_left_behind_are_deleted_with_what_is_in_them_and_links_stay(tmp_path):
    (tmp_path / "mine").write_text("mine")
    link, folder = tmp_path / ".a.00000000.unfinished", tmp_path / ".b.00000000.unfinished"
    link.symlink_to("mine")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").touch()
    remove_left_behind(tmp_path, lambda name: name in "ab")
    remove_left_behind(tmp_path / "mine", lambda name: True)
    remove_left_behind(tmp_path / "none", lambda name: True)
    assert sorted(os.listdir(tmp_path)) == [link.name, "mine"] and (tmp_path / "mine").read_text() == "mine"


def test_a_file_that_could_not_be_written_leaves_what_was_there_and_nothing_else(tmp_path):
    before = set(os.listdir("/proc/self/fd"))
    (tmp_path / "a").write_text("old")
    (tmp_path / ".a.00000000.unfinished").touch()
    (tmp_path / ".b.00000000.unfinished").touch()
    with pytest.raises(KeyError), complete_or_absent(tmp_path / "a") as hidden:
        hidden.write_text("half")
        raise KeyError("a")
    with pytest.raises(ConfigError, match=r"a: cannot be written: no space"), complete_or_absent(tmp_path / "a"):
        raise OSError(28, "No space left on device")
    assert sorted(os.listdir(tmp_path)) == [".b.00000000.unfinished", "a"]  # the other may be written by somebody
    assert (tmp_path / "a").read_text() == "old"
    with pytest.raises(ConfigError, match="cannot be written: no such"), complete_or_absent(tmp_path / "no" / "a"):
        pytest.fail("there is no such folder")
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_file_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *what, name=name, real=real: (done.append(name), real(*what)))
    with complete_or_absent(tmp_path / "a") as hidden:
        hidden.write_text("x")
        assert done == []
    assert done == ["fsync", "replace"]


def test_room_is_made_for_a_file_and_taken_away_again_if_none_is_written(tmp_path):
    path = tmp_path / "new" / "deep" / "a.yaml"
    with pytest.raises(KeyError), room_for(path, "output"):
        assert path.parent.is_dir()
        raise KeyError("a")
    assert os.listdir(tmp_path) == []
    with room_for(path, "output"):
        path.touch()
    with room_for(path, "output"):
        pass
    assert path.exists()
    with pytest.raises(ConfigError, match="output: is a folder"), room_for(path.parent, "output"):
        pytest.fail("it is a folder")
    with pytest.raises(ConfigError, match="output: cannot be written"), room_for(path / "b", "output"):
        pytest.fail("it is below a file")


def test_a_folder_that_was_there_stays_although_it_is_empty(tmp_path):
    (tmp_path / "old").mkdir()
    with new_folder(tmp_path / "old"):
        pass
    with pytest.raises(OSError), new_folder(Path(os.devnull)):
        pytest.fail("it is no folder")
    assert os.listdir(tmp_path) == ["old"]
