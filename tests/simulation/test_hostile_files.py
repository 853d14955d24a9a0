"""A file that lies about itself is one error in one line: it takes no memory, no time and no other file with it."""

import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simengine.core.errors import ConfigError
from simengine.core.text.plain_names import made_plain, plain_name
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.dataset.index import EPISODES, INDEX, finished_episodes, read_index
from simengine.simulation.files import array_encoding as encoding
from simengine.simulation.files.stored_values import array, decode_json
from simengine.simulation.jobs.replay import lay_out
from simengine.simulation.mcap.container_reader import ContainerReader
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.mcap.writer import SCENARIO, SUMMARY
from tests.simulation.episode.test_episode import write
from tools.checks.fuzz.episodes import put_together, take_apart

WRONG_NAMES = ["", ".", "..", "../x", "a/b", "/etc/x", "x\0", "a\nb", ".hidden", "x" * 201, "é", "a b", None, 3]
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "000000.mcap"
    write(path, 1, inputs={"a/map.xodr": b"<one/>", "b/map.xodr": b"<two/>"})
    return path


@pytest.fixture(scope="module")
def parts(good):
    return take_apart(good)


def with_attachment(parts, path, name, change):
    attachments = [(n, kind, change(content) if n == name else content) for n, kind, content in parts.attachments]
    put_together(parts._replace(attachments=attachments), path)
    return path


def with_message(parts, path, topic, payload):
    topics = [t._replace(messages=[(0, payload)]) if t.name == topic else t for t in parts.topics]
    put_together(parts._replace(topics=topics), path)
    return path


def with_id(parts, path, name):
    return with_attachment(parts, path, SUMMARY, lambda c: json.dumps({**json.loads(c), "id": name}).encode())


@pytest.mark.parametrize("name", WRONG_NAMES, ids=ascii)
def test_a_name_that_is_no_plain_name_is_refused_everywhere(tmp_path, parts, name):
    with pytest.raises(ConfigError, match=r"^id = .* is no plain name"):
        plain_name(name, "id")
    path = with_id(parts, tmp_path / "000000.mcap", name)
    with pytest.raises(ConfigError, match=r"000000\.mcap: not a readable episode: episode\.json: ") as told:
        _ = read_episode(path).id
    assert "\n" not in str(told.value)
    with pytest.raises(ConfigError):
        lay_out(read_episode(path), tmp_path)


def test_plain_names_are_what_episodes_are_called_and_anything_can_be_made_one():
    for name in ("highway-hard_brake-000001", "a", "x" * 200, "map.v2"):
        assert plain_name(name, "id") == name == made_plain(name)
    for text in WRONG_NAMES[:-2]:
        assert plain_name(made_plain(text), "name")


def test_an_index_with_a_name_that_leads_elsewhere_is_refused(tmp_path):
    (tmp_path / EPISODES).mkdir()
    row = {"scenario": "a", "seed": 1, "duration": 1.0, "verdict": "passed", "digest": "x"}
    for rows, said in (
        ([{**row, "id": "../x"}], "is no plain name"),
        ([{**row, "id": "a"}, {**row, "id": "a"}], "lists an id twice"),
        ([{**row, "id": "a", "seed": "1"}], "seed: is string, not int64"),
        ([{**row, "id": "a", "verdict": None}], "verdict: is null, not string"),
        ([{**row, "id": "a", "x": [1]}], "has 8 columns|states|x: is"),
        ([{"id": "a"}], "has no column scenario"),
    ):
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / INDEX)
        with pytest.raises(ConfigError, match=rf"index\.parquet: not a readable index: .*({said})"):
            read_index(tmp_path)


def test_input_files_of_one_name_stay_apart_and_lie_in_the_folder_under_numbers(tmp_path, good):
    episode = read_episode(good)
    assert [name for name in ContainerReader(good).attachments if "inputs" in name] == [
        "inputs/0-map.xodr", "inputs/1-map.xodr",
    ]  # fmt: skip
    assert episode.inputs == {"a/map.xodr": b"<one/>", "b/map.xodr": b"<two/>"}
    _, names = lay_out(episode, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.input", "1.input"]
    assert sorted(names.values()) == ["a/map.xodr", "b/map.xodr"]


def test_an_input_file_that_is_not_what_the_scenario_says_is_refused(tmp_path, parts):
    path = with_attachment(parts, tmp_path / "x.mcap", "inputs/0-map.xodr", lambda content: content + b" ")
    with pytest.raises(ConfigError, match=r"x\.mcap: its 'inputs/0-map\.xodr' is none of the scenario's input files"):
        _ = read_episode(path).inputs
    left = [one for one in parts.attachments if one[0] != "inputs/0-map.xodr"]
    put_together(parts._replace(attachments=left), path)
    with pytest.raises(ConfigError, match=r"x\.mcap: the scenario's input file 'a/map\.xodr' is missing in it"):
        _ = read_episode(path).inputs


def special_files(folder):
    os.mkfifo(folder / "pipe.mcap")
    (folder / "folder.mcap").mkdir()
    (folder / "loop.mcap").symlink_to(folder / "loop.mcap")
    (folder / "device.mcap").symlink_to("/dev/zero")
    return {"pipe": "is a pipe", "folder": "is a folder", "loop": "cannot be read: too many levels", "device": "is a"}


def test_pipes_devices_folders_and_loops_are_refused_without_being_opened(tmp_path):
    (tmp_path / "job").mkdir()
    for name, said in special_files(tmp_path).items():
        with pytest.raises(ConfigError, match=rf"{name}\.mcap: {said}"):
            read_episode(tmp_path / f"{name}.mcap")
        (tmp_path / "job" / INDEX).unlink(missing_ok=True)
        (tmp_path / "job" / INDEX).symlink_to(tmp_path / f"{name}.mcap")
        with pytest.raises(ConfigError, match=rf"index\.parquet: {said}"):
            read_index(tmp_path / "job")


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"[" * 100_000, "recursion limit exceeded"),
        (b"[" + b"1" * 5_000 + b"]", "number out of range"),
        (b'{"a": NaN}', "NaN|expected"),
        (b'{"lanes": [' + b"[]," * 1_000_000 + b"[]]}", r"JSON of \d+ bytes would take \d+ bytes"),
    ],
    ids=["depth", "digits", "nan", "values"],
)
def test_json_beyond_its_limits_is_refused_by_topic(tmp_path, parts, payload, said):
    path = with_message(parts, tmp_path / "x.mcap", "/map", payload)
    with pytest.raises(ConfigError, match=rf"x\.mcap: not a readable episode: /map at 0 ns: .*({said})"):
        _ = read_episode(path).road_map


def forged_chunk(path, stated: int, body: bytes) -> None:
    """Give a file's first chunk another content and stated size; its index is made to fit."""
    content = bytearray(path.read_bytes())
    index = ContainerReader(path).chunks[0]
    start = index.chunk_start_offset
    old = bytes(content[start : start + index.chunk_length])
    room = index.chunk_length - 9 - 32 - 4 - 8
    assert len(body) <= room
    fields = struct.pack("<QQQII", 0, 0, stated, 0, 4) + b"zstd" + struct.pack("<Q", room) + body.ljust(room, b"\0")
    content[start : start + len(old)] = old[:9] + fields
    place = content.index(struct.pack("<QQ", start, index.chunk_length), ContainerReader(path).summary_start)
    ends = content.index(b"\x04\0\0\0zstd", place) + 16
    content[ends : ends + 8] = struct.pack("<Q", stated)
    summary = ContainerReader(path).summary_start
    crc = zlib.crc32(bytes(content[summary : len(content) - 8 - 4]))
    content[-12:-8] = struct.pack("<I", crc)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("stated", "frame", "said"),
    [
        (2**30, 2**30, r"a chunk states 1073741824 bytes; allowed are \d+ \(12 MiB and twice the file\)"),
        (2**62, 2**30, r"a chunk states 4611686018427387904 bytes"),
        (1_000, 2**30, "the length that a compressed chunk states is corrupt"),
    ],
)
def test_a_chunk_that_states_or_unfolds_to_an_absurd_size_is_refused(tmp_path, good, stated, frame, said):
    path = tmp_path / "x.mcap"
    path.write_bytes(good.read_bytes())
    bomb = b"\x28\xb5\x2f\xfd" + b"\xa0" + struct.pack("<I", frame)  # a header that states a size of four bytes
    forged_chunk(path, stated, bomb)
    reader = ContainerReader(path)
    with pytest.raises(ConfigError, match=rf"x\.mcap: not a readable episode: {said}"), reader.readable():
        reader.unpack(reader.chunks[0])


def test_a_jpeg_is_refused_by_its_header_before_it_is_decoded():
    small = encoding.encode_jpeg(np.zeros((16, 16, 3), np.uint8), 90)
    place = small.index(b"\xff\xc0") + 5
    huge = small[:place] + struct.pack(">HH", 60_000, 60_000) + small[place + 4 :]
    assert encoding.jpeg_size(small) == (16, 16) and encoding.jpeg_size(huge) == (60_000, 60_000)
    with pytest.raises(ValueError, match="60000 x 60000 px needs more than 768 bytes"):
        encoding.decode_jpeg(huge, 768)
    png = encoding.encode_png(np.zeros((16, 16, 3), np.uint8))
    for wrong in (png, b"", b"\xff\xd8", small[:30], b"\xff\xd8\xff\xc0"):
        with pytest.raises(ValueError, match="corrupt"):
            encoding.decode_jpeg(wrong, 768)


def test_a_numpy_file_that_states_more_than_it_holds_is_refused():
    content = encoding.encode_npy(np.arange(6).reshape(2, 3))
    assert np.array_equal(encoding.decode_npy(content), np.arange(6).reshape(2, 3))
    for array_ in (np.zeros((0, 2), np.int32), np.array(["ab", "c"]), np.asfortranarray(np.eye(3)[:2])):
        again = encoding.decode_npy(encoding.encode_npy(array_))
        assert again.dtype == array_.dtype and np.array_equal(again, array_)
    for wrong in (
        content.replace(b"(2, 3)", b"(9, 3)"), content.replace(b"(2, 3)", b"(2,-3)"), content[:-1], b"", content[:20],
        content.replace(b"'<i8'", b"'|O8'"), content.replace(b"(2, 3)", b"(10**9)"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="NumPy array in it"):
            encoding.decode_npy(wrong)


def test_values_are_taken_for_nothing_but_what_they_have_to_be():
    assert array([1, 2.5], np.float64, (2,), "x").tolist() == [1.0, 2.5]
    assert array([], np.float32, (-1, 3), "x").shape == (0, 3)
    for value, dtype, shape in (
        (["1"], np.float64, (1,)), ([None], np.float64, (1,)), ([[1], [1, 2]], np.float64, (2,)),
        ([1.5], np.int32, (1,)), ([2**40], np.int32, (1,)), ([-1], np.uint8, (1,)), ([1], np.bool_, (1,)),
        ([1e39], np.float32, (1,)), ([1], np.str_, (1,)), (1, np.float64, (1,)), ([1, 2], np.float64, (3,)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="^x: "):
            array(value, dtype, shape, "x")
    assert decode_json(b'{"a": [1, -0.0, 1e-7]}', 1_000, "x") == {"a": [1, -0.0, 1e-7]}


def test_a_scenario_whose_aliases_unfold_is_refused(tmp_path, parts):
    bomb = "a: &a [x, x]\n" + "\n".join(f"{k}: &b{k} [*a, *a]" for k in range(3)) + "\n"
    path = with_attachment(parts, tmp_path / "x.mcap", SCENARIO, lambda _: bomb.encode())
    with pytest.raises(ConfigError, match=r"x\.mcap: not a readable episode: scenario\.yaml has an alias"):
        _ = read_episode(path).scenario


def test_renamed_and_foreign_files_are_told_and_not_mixed_in(tmp_path, good):
    episodes = tmp_path / EPISODES
    episodes.mkdir()
    (episodes / "other.mcap").write_bytes(good.read_bytes())
    with pytest.raises(ConfigError, match=r"other\.mcap: holds the episode 000000: it was renamed"):
        Dataset(tmp_path)
    with pytest.raises(ConfigError, match=r"other\.mcap: holds the episode 000000"):
        finished_episodes(tmp_path, print)
    assert finished_episodes(tmp_path) == {}
    (episodes / "other.mcap").rename(episodes / "000000.mcap")
    assert list(finished_episodes(tmp_path, print)) == ["000000"]


def test_a_damaged_episode_does_not_count_as_made(tmp_path, good):
    episodes = tmp_path / EPISODES
    episodes.mkdir()
    path = episodes / "000000.mcap"
    content = bytearray(good.read_bytes())
    content[ContainerReader(good).chunks[0].chunk_start_offset + 90] ^= 1  # its summary reads as before
    path.write_bytes(content)
    told = []
    assert read_episode(path).id == "000000"
    assert finished_episodes(tmp_path, told.append) == {}
    assert told == [f"does not count as made: {path}: is damaged; `simengine verify` tells where"]
    assert finished_episodes(tmp_path, told.append, {"000000"}) == {}
    with pytest.raises(ConfigError, match=r"000000\.mcap: is damaged.* not among the episodes asked for"):
        finished_episodes(tmp_path, told.append, {"000001"})


MEASURE = """
import resource, sys
sys.path.insert(0, ".")
from simengine.core.errors import ConfigError
from simengine.simulation.mcap.reader import read_episode
from simengine.simulation.pictures.preview import write_preview
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said = ""
try:
    episode = read_episode(sys.argv[1])
    episode.scenario, episode.tracks, episode.road_map, episode.inputs, episode.records()
    for sensor in episode.sensors:
        for frame in episode.frames(sensor):
            for name in frame.channels:
                frame.channels[name]
except ConfigError as error:
    said = str(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, said)
"""


def bombs(parts):
    zeros = b"[" + b"0.0," * (3 * MIB) + b"0.0]"
    image = next(t for t in parts.topics if t.name == "/camera_front/semantic").messages[0][1]
    actors = json.dumps({"kind": ["car"] * 300_000, "model": [""] * 300_000, "behavior": ["traffic"] * 300_000,
                         "size": [[1, 1, 1]] * 300_000}).encode()  # fmt: skip
    return {
        "map of zeros": ("/map", b'{"lanes": ' + zeros + b"}"),
        "empty lists": ("/map", b'{"lanes": [' + b"[]," * (3 * MIB) + b"[]]}"),
        "large image": ("/camera_front/semantic", image + bytes(10 * MIB)),
        "actors": ("/actors", actors),
    }


@pytest.mark.parametrize("kind", ["map of zeros", "empty lists", "large image", "actors"])
def test_reading_takes_no_more_memory_than_ten_times_the_file_and_64_mib(tmp_path, parts, kind):
    topic, payload = bombs(parts)[kind]
    path = with_message(parts, tmp_path / "x.mcap", topic, payload)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    grown, _, said = done.stdout.partition(" ")
    assert int(grown) * 1024 <= 10 * path.stat().st_size + 64 * MIB, done.stdout
    assert "x.mcap" in said
