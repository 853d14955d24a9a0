"""Compiled kernels are loaded only from where nobody but the user can have put them."""

import os

import pytest

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
