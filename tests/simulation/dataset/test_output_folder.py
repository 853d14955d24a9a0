"""What stands in the place of an output folder, or in its way, is told for what it is."""

import os
import socket

import pytest

from simengine.core.errors import ConfigError
from simengine.export.target import fresh_folder
from simengine.simulation.dataset.output_folder import claimed


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("kept")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("socket")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "device").symlink_to("/dev/null")
    (tmp_path / "circle").symlink_to("circle")
    return tmp_path


@pytest.mark.parametrize("below", ["", "a", "a/b"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file", "file is a file, not a folder"),
        ("pipe", "pipe is a pipe, not a folder"),
        ("socket", "socket is a socket, not a folder"),
        ("device", "device is a device, not a folder"),
        ("link", "link is a link that leads nowhere"),
        ("circle", "too many levels of symbolic links"),
    ],
)
def test_what_is_no_folder_is_told_for_what_it_is(place, name, words, below):
    before = sorted(os.listdir(place))
    for made in (claimed, fresh_folder):
        with pytest.raises(ConfigError, match=words) as caught, made(place / name / below):
            pass
        message = str(caught.value)
        assert message.startswith(f"output = {place / name / below}: ") and "\n" not in message
    assert sorted(os.listdir(place)) == before and (place / "file").read_text() == "kept"


def test_a_file_in_the_place_of_a_jobs_folder_is_told_too(place):
    (place / "out").mkdir()
    (place / "out" / "0").write_text("")
    job = place / "out" / "0"
    with pytest.raises(ConfigError, match="out/0 is a file, not a folder"), claimed(place / "out", [job]):
        pass
    assert os.listdir(place / "out") == ["0"]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_folder_can_have_is_one_line(place, name):
    for made in (claimed, fresh_folder):
        with pytest.raises(ConfigError, match="output = "), made(place / name):
            pass


def test_a_link_to_a_folder_is_a_folder(place):
    (place / "real").mkdir()
    (place / "to_real").symlink_to("real")
    with claimed(place / "to_real" / "new"):
        (place / "real" / "new" / "a").write_text("")
    assert (place / "real" / "new" / "a").exists()
