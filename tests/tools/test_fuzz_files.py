"""Files that are well-formed and wrong: each is read as it is or is one error, whatever is done with it."""

import random

import pytest

from simengine.simulation.dataset.index import EPISODES, refresh_index
from tests.simulation.episode.test_episode import write
from tools.checks.fuzz.episodes import changed, put_together, take_apart
from tools.checks.fuzz.indexes import change_index
from tools.checks.fuzz.uses import ALL, QUICK, use, use_index
from tools.checks.fuzz.values import mutate, places

FILES, INDEXES, PARTS = 240, 120, 8


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "000000.mcap"
    write(path, 2, inputs={"maps/town.xodr": b"<xml/>"})
    return path


def test_taken_apart_and_put_together_a_file_holds_the_same(tmp_path, good):
    parts = take_apart(good)
    again = tmp_path / good.name
    put_together(parts, again)
    assert take_apart(again) == parts
    assert use(again, tmp_path / "scratch", ALL) == []


@pytest.mark.parametrize("part", range(PARTS))
def test_a_changed_episode_is_read_as_it_is_or_is_one_error(tmp_path, good, part):
    parts, path = take_apart(good), tmp_path / good.name
    refused = 0
    for seed in range(part, FILES, PARTS):
        wrong, what = changed(parts, random.Random(seed))
        put_together(wrong, path)
        try:
            refused += bool(use(path, tmp_path / "scratch", ALL if seed % 40 < PARTS else QUICK))
        except Exception as error:
            raise AssertionError(f"seed {seed}, {what}: {error!r}") from error
    assert FILES / PARTS / 3 < refused < FILES / PARTS


def test_a_changed_index_is_read_as_it_is_or_is_one_error(tmp_path, good):
    (tmp_path / EPISODES).mkdir()
    (tmp_path / EPISODES / good.name).write_bytes(good.read_bytes())
    refresh_index(tmp_path, {})
    index = tmp_path / "index.parquet"
    whole, refused = index.read_bytes(), 0
    for seed in range(INDEXES):
        index.write_bytes(whole)
        what = change_index(index, random.Random(seed))
        try:
            refused += bool(use_index(tmp_path))
        except Exception as error:
            raise AssertionError(f"seed {seed}, {what}: {error!r}") from error
    assert refused > INDEXES / 3


def test_a_change_hits_one_place():
    value = {"a": [1, 2, {"b": "c"}], "d": None}
    assert places(value) == [(), ("a",), ("a", 0), ("a", 1), ("a", 2), ("a", 2, "b"), ("d",)]
    for seed in range(50):
        other, told = mutate({"a": [1, 2, {"b": "c"}], "d": None}, random.Random(seed))
        assert told
        assert other != value or "'" in told or "other" in told
