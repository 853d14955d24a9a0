"""Temporary folders are private and gone in the end, at the latest when the next one is made."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.files.scratch import scratch_folder

ROOT = Path(__file__).parents[3]
KILLED = """
import os, signal
from simengine.simulation.files.scratch import scratch_folder
with scratch_folder("x") as folder:
    (folder / "again.mcap").write_text("")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_private_and_gone_in_the_end(place):
    with scratch_folder("x") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and folder.parent == place
        (folder / "0").mkdir()
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_deleted_by_the_next(place):
    environment = os.environ | {"TMPDIR": str(place), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    (left,) = place.iterdir()
    assert [path.name for path in left.iterdir()] == ["again.mcap"]
    with scratch_folder("y"):
        assert left.is_dir()
    with scratch_folder("x") as folder:
        assert list(place.iterdir()) == [folder]


def test_what_another_one_uses_stays_and_so_do_links_and_files(place):
    (place / "elsewhere").mkdir()
    (place / "elsewhere" / "kept").write_text("")
    (place / "simengine-x-link").symlink_to(place / "elsewhere")
    (place / "simengine-x-file").write_text("")
    with scratch_folder("x") as first, scratch_folder("x") as second:
        assert first.is_dir() and second.is_dir()
    assert sorted(path.name for path in place.iterdir()) == ["elsewhere", "simengine-x-file", "simengine-x-link"]
    assert (place / "elsewhere" / "kept").exists()


def test_where_none_can_be_made_is_one_line(monkeypatch, place):
    monkeypatch.setattr(tempfile, "tempdir", str(place / "nowhere"))
    words = r"a temporary folder cannot be made: no such file or directory \(TMPDIR says"
    with pytest.raises(ConfigError, match=words), scratch_folder("x"):
        pass
