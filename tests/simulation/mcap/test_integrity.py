"""A file proves what it holds: damage is named by topic, and an edited episode is never called identical."""

import json
import re
import struct
import zlib

import numpy as np
import pytest

import simengine
from simengine.cli import main
from simengine.core.errors import ConfigError
from simengine.simulation.dataset.comparison import compare
from simengine.simulation.dataset.index import EPISODES, refresh_index
from simengine.simulation.jobs.replay import _restored, make_again
from simengine.simulation.loop.execution import record
from simengine.simulation.mcap.container_reader import DATA_END_SIZE, ContainerReader
from simengine.simulation.mcap.container_writer import HASHES
from simengine.simulation.mcap.integrity import check_file, is_whole
from simengine.simulation.mcap.reader import McapSource, read_episode
from simengine.simulation.mcap.writer import RECORDS, SCENARIO, SUMMARY
from tests.simulation.episode.test_episode import write
from tests.tiny_rig import TINY
from tools.checks.fuzz.episodes import put_together, take_apart


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "000000.mcap"
    write(path, 3, inputs={"maps/town.xodr": b"<xml/>"})
    return path


def test_a_file_states_the_hash_of_everything_in_it(good):
    file = ContainerReader(good)
    stated = file.description(HASHES)
    attached = {f"attachment {name}" for name in (SCENARIO, SUMMARY, RECORDS, "inputs/0-town.xodr")}
    assert set(stated) == {*file.channels, *attached, "metadata episode"}
    assert check_file(good) == ((), True, good.stat().st_size) and is_whole(good)


def test_damage_is_named_by_topic(tmp_path, good):
    path = tmp_path / "000000.mcap"
    for topic in ("/camera_front/depth", "/camera_front/rgb", "/lidar_top/points"):
        file = ContainerReader(good)
        chunk = file.chunks[file.messages(topic)[1].chunk]
        content = bytearray(good.read_bytes())
        content[chunk.chunk_start_offset + chunk.chunk_length // 2] ^= 16
        path.write_bytes(content)
        damage = check_file(path).damage
        assert not is_whole(path) and damage
        gathered = {name for name, channel in file.channels.items() if channel.id in chunk.message_index_offsets}
        assert topic in gathered and {line.partition(":")[0] for line in damage} == gathered


def test_any_flipped_byte_is_noticed(tmp_path, good):
    content, random = good.read_bytes(), np.random.default_rng(3)
    path = tmp_path / "000000.mcap"
    for place in random.integers(0, len(content), 40):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        assert check_file(path).damage, f"byte {place}"
        assert not is_whole(path), f"byte {place}"


def test_what_its_index_does_not_list_is_damage(tmp_path, good):
    path = tmp_path / "000000.mcap"
    content = bytearray(good.read_bytes())
    start = ContainerReader(good).places()
    place = min(start)
    content[place] = 0x7F  # an attachment becomes a record of an unknown kind
    path.write_bytes(content)
    assert any("byte" in line for line in check_file(path).damage)


def older(good, path):
    """Write a file as earlier versions did: without hashes and without a checksum of all its data."""
    parts = take_apart(good)
    put_together(parts, path)
    content = path.read_bytes().replace(HASHES.encode(), b"xxxxxx")
    end = ContainerReader(path).summary_start - DATA_END_SIZE + 9
    content = content[:end] + struct.pack("<I", 0) + content[end + 4 :]
    crc = zlib.crc32(content[ContainerReader(path).summary_start : -12])
    path.write_bytes(content[:-12] + struct.pack("<I", crc) + content[-8:])


def test_an_older_file_without_hashes_is_checked_by_its_checksums_and_said_to_be_so(tmp_path, good, capsys):
    path = tmp_path / "000000.mcap"
    older(good, path)
    assert check_file(path)[:2] == ((), False) and is_whole(path)
    assert main(["verify", str(path)]) == 0
    assert "1 of 1 file whole; 1 older file without hashes: checksums only" in capsys.readouterr().out
    content = bytearray(path.read_bytes())
    content[ContainerReader(path).chunks[0].chunk_start_offset + 90] ^= 1
    path.write_bytes(content)
    assert not is_whole(path) and check_file(path).damage


def test_verify_names_file_and_topic_and_what_its_index_gets_wrong(tmp_path, good, capsys):
    (tmp_path / EPISODES).mkdir()
    path = tmp_path / EPISODES / "000000.mcap"
    path.write_bytes(good.read_bytes())
    refresh_index(tmp_path, {})
    assert main(["verify", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 of 1 file whole\n"
    content = bytearray(good.read_bytes())
    chunk = ContainerReader(good).chunks[-1]
    content[chunk.chunk_start_offset + 100] ^= 1
    path.write_bytes(content)
    assert main(["verify", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == "0 of 1 file whole\n" and f"{path}: /" in said.err
    path.rename(path.with_name("b.mcap"))
    assert main(["verify", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "lists 000000, of which there is no file" in said and "b.mcap: its content: it holds the episode" in said


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    (folder / EPISODES).mkdir()
    path = folder / EPISODES / "highway-hard_brake-000000.mcap"
    settings = [*TINY, "physics=batched", "scenario.duration=0.25", "recorder.leave_out=[scene]"]
    record(simengine.load_scenario("highway/hard_brake", settings), path.stem, path)
    return path


@pytest.fixture(scope="module")
def again(recorded, tmp_path_factory):
    path = tmp_path_factory.mktemp("again") / "again.mcap"
    make_again(McapSource(recorded), path)
    return path


def test_an_episode_made_again_is_the_same_file_byte_for_byte(recorded, again):
    assert again.read_bytes() == recorded.read_bytes()
    assert compare(McapSource(recorded), McapSource(again)) == ""


def state_moved(parts):
    topic = next(t for t in parts.topics if t.name == "/state")
    time_ns, payload = topic.messages[2]
    state = json.loads(payload)
    state["position"][0][0] += 1.0
    topic.messages[2] = (time_ns, json.dumps(state).encode())


def labels_emptied(parts):
    topic = next(t for t in parts.topics if t.name == "/camera_front/labels")
    time_ns, payload = topic.messages[0]
    topic.messages[0] = (time_ns, json.dumps({**json.loads(payload), "boxes_2d": []}).encode())


def pictures_removed(parts):
    for number, topic in enumerate(parts.topics):
        if topic.name == "/camera_front/rgb":
            parts.topics[number] = topic._replace(messages=[])


def verdict_changed(parts):
    for number, (name, kind, content) in enumerate(parts.attachments):
        if name == SUMMARY:
            stored = json.loads(content)
            stored["verdict"][0]["passed"] = not stored["verdict"][0]["passed"]
            parts.attachments[number] = (name, kind, json.dumps(stored).encode())


def metadata_changed(parts):
    parts.metadata[0][1]["seed"] = "12"


def message_added(parts):
    messages = next(t for t in parts.topics if t.name == "/imu/frame").messages
    messages.append(messages[-1])


def schema_changed(parts):
    number = next(n for n, topic in enumerate(parts.topics) if topic.name == "/state")
    topic = parts.topics[number]
    parts.topics[number] = topic._replace(schema=(*topic.schema[:2], topic.schema[2] + b" "))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (state_moved, r"the stored /state at 0\.2000 s"),
        (labels_emptied, r"the stored /camera_front/labels at 0\.0000 s"),
        (pictures_removed, r"the stored /camera_front/rgb at 0\.0000 s"),
        (verdict_changed, r"episode\.json: verdict"),
        (metadata_changed, "the metadata record episode"),
        (message_added, r"the stored /imu/frame at 0\.2000 s"),
        (schema_changed, "what /state is: its encoding or its schema, or whether it is there"),
    ],
)
def test_an_edit_with_right_checksums_and_hashes_is_found_by_what_it_changed(tmp_path, good, edit, said):
    parts = take_apart(good)
    edit(parts)
    path = tmp_path / good.name
    put_together(parts, path)
    assert check_file(path).damage == () and read_episode(path).digest == read_episode(good).digest
    difference = compare(McapSource(path), McapSource(good))
    assert re.search(rf"^first difference in {said}$", difference), difference


def test_equal_files_have_no_difference_and_versions_alone_are_none_but_are_told(tmp_path, good):
    path = tmp_path / good.name
    write(path, 3, inputs={"maps/town.xodr": b"<xml/>"})
    assert compare(McapSource(path), McapSource(good)) == ""
    parts = take_apart(good)
    for number, (name, kind, content) in enumerate(parts.attachments):
        if name == SUMMARY:
            stored = json.loads(content)
            stored["versions"]["opencv"] = "1.0"
            parts.attachments[number] = (name, kind, json.dumps(stored).encode())
    put_together(parts, path)
    assert compare(McapSource(path), McapSource(good)) == ""
    state_moved(parts)
    put_together(parts, path)
    difference = compare(McapSource(path), McapSource(good))
    assert "opencv 1.0 → " in difference and "with another opencv the same picture may have other bytes" in difference


def test_remarks_keep_the_name_that_the_input_file_had(recorded):
    names = {"scratch/0/0.input": "~/maps/a.xodr"}
    told = ("scratch/0/0.input: <road> is odd: line 3", "scratch/0/0.input: <lane> is odd: line 4", "other")
    was = ("maps-of-before/a.xodr: <road> is odd: line 3", "other")
    assert _restored(told, names, was) == (was[0], "~/maps/a.xodr: <lane> is odd: line 4", "other")


def test_replay_finds_an_edited_episode_and_writes_nowhere_else(tmp_path, recorded, capsys):
    folder = tmp_path / "data"
    (folder / EPISODES).mkdir(parents=True)
    parts = take_apart(recorded)
    labels_emptied(parts)
    path = folder / EPISODES / recorded.name
    put_together(parts, path)
    assert main(["replay", str(folder), "--workers", "1"]) == 1
    said = capsys.readouterr()
    assert said.out == "0 of 1 identical\n"
    assert f"{EPISODES}/{recorded.name}: first difference in the stored /camera_front/labels at 0.1000 s" in said.err
    victim = tmp_path / "victim.mcap"
    victim.write_bytes(b"mine")
    for number, (name, kind, content) in enumerate(parts.attachments):
        if name == SUMMARY:
            hostile = json.dumps({**json.loads(content), "id": str(victim.with_suffix(""))}).encode()
            parts.attachments[number] = (name, kind, hostile)
    put_together(parts, path)
    assert main(["replay", str(folder), "--workers", "1"]) == 2
    assert "is no plain name" in capsys.readouterr().err
    assert victim.read_bytes() == b"mine" and sorted(p.name for p in tmp_path.iterdir()) == ["data", "victim.mcap"]


def test_a_road_file_that_is_not_attached_is_not_read_from_the_disk(tmp_path, recorded):
    parts = take_apart(recorded)
    for number, (name, kind, content) in enumerate(parts.attachments):
        if name == SCENARIO:
            text = content.decode()
            start, end = text.index("road:\n"), text.index("datum:\n")
            secret = tmp_path / "secret.xodr"
            secret.write_text("<OpenDRIVE/>")
            road = f"road:\n  kind: opendrive\n  file: {secret}\n  scenery: none\n"
            parts.attachments[number] = (name, kind, (text[:start] + road + text[end:]).encode())
    path = tmp_path / recorded.name
    put_together(parts, path)
    with pytest.raises(ConfigError, match=recorded.stem):
        make_again(McapSource(path), tmp_path / "again.mcap")
