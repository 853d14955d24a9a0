"""Compiled kernels are never stale, and loaded only from where nobody but the user can have put them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import simengine
from simengine._numba_cache import trusted


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    (folder / "kernels_1").mkdir(parents=True, mode=0o755)
    (folder / "kernels_1" / "run.nbi").write_bytes(b"index")
    os.chmod(folder / "kernels_1" / "run.nbi", 0o644)
    os.chmod(folder, 0o755)
    os.chmod(tmp_path, 0o700)
    return folder


def test_a_folder_of_the_users_own_is_kept_in_silence(cache, capsys):
    assert trusted(cache) == cache
    assert capsys.readouterr().err == ""


def test_one_that_is_not_there_is_made_for_the_user_alone(tmp_path):
    made = trusted(tmp_path / "a" / "b")
    assert made == tmp_path / "a" / "b" and made.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", ["", "kernels_1", "kernels_1/run.nbi"])
@pytest.mark.parametrize("bit", [0o020, 0o002])
def test_what_others_may_write_to_is_never_used(cache, capsys, place, bit):
    path = cache / place
    os.chmod(path, path.stat().st_mode | bit)
    fresh = trusted(cache)
    assert fresh != cache and fresh.stat().st_mode & 0o777 == 0o700 and not any(fresh.iterdir())
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and str(path) in err and "chmod" in err and str(fresh) in err
    assert trusted(fresh) == fresh and capsys.readouterr().err == ""  # as a worker process finds it


def test_a_folder_that_nobody_can_enter_may_hold_what_the_umask_made(cache):
    os.chmod(cache / "kernels_1", 0o775)
    os.chmod(cache, 0o700)
    assert trusted(cache) == cache


def test_a_folder_in_one_where_everybody_may_rename_is_not_used(cache, capsys):
    os.chmod(cache.parent, 0o777)
    assert trusted(cache) != cache and str(cache.parent) in capsys.readouterr().err
    os.chmod(cache.parent, 0o1777)  # as /tmp: only owners rename
    assert trusted(cache) == cache


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_what_belongs_to_another_user_is_never_used(cache, capsys):
    os.chown(cache / "kernels_1" / "run.nbi", 65534, -1)
    assert trusted(cache) != cache and "belongs to another user" in capsys.readouterr().err


def test_a_file_in_its_place_is_no_folder(tmp_path, capsys):
    (tmp_path / "cache").write_text("")
    assert trusted(tmp_path / "cache") != tmp_path / "cache"
    assert "not used" in capsys.readouterr().err


def test_a_constant_of_another_file_is_never_stale_in_a_kernel(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    # Alone, since whatever is imported of simengine chooses a folder for simengine.
    source = Path(simengine.__file__).with_name("_numba_cache.py").read_text().splitlines()
    alone = ["one_line = say = print" if line.startswith("from simengine") else line for line in source]
    (package / "_numba_cache.py").write_text("\n".join(alone))
    (package / "__init__.py").write_text("from package import _numba_cache\n")
    (package / "kernel.py").write_text(
        "from numba import njit\nfrom package.constants import SPEED\n\n\n"
        "@njit(cache=True)\ndef way(t):\n    return SPEED * t\n"
    )
    own = {"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("NUMBA", "XDG"))} | own
    found = []
    for speed in ("3", "5"):
        (package / "constants.py").write_text(f"SPEED = {speed}\n")
        told = subprocess.run(
            [sys.executable, "-c", "from package.kernel import way; print(way(2))"],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(told.stdout.strip())
    assert found == ["6", "10"]
    assert list((tmp_path / ".cache").rglob("*.nbi"))


@pytest.mark.parametrize("command", [False, True])
def test_no_place_at_all_is_one_line(tmp_path, monkeypatch, capsys, command):
    def refuse(prefix):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    monkeypatch.setattr("simengine._numba_cache.is_command", lambda: command)
    (tmp_path / "file").write_text("")
    words = "file: file exists, and no temporary folder can be made: no usable temporary directory found; NUMBA_CACHE"
    with pytest.raises(SystemExit if command else ImportError) as caught:
        trusted(tmp_path / "file")
    if command:
        assert caught.value.code == 2
        err = capsys.readouterr().err
        assert words in err and err.startswith("simengine: ") and err.count("\n") == 1
    else:
        assert words in str(caught.value)
