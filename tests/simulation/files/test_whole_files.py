"""Files that appear complete or not at all, and never in the place of what is no regular file."""

import os
import stat

import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.files.whole_files import complete_or_absent, refuse_unwritable


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
        with complete_or_absent(tmp_path / "a") as hidden:
            hidden.write_text(text)
        assert (tmp_path / "a").read_text() == text
