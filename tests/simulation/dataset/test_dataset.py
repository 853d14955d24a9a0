"""A dataset is a folder of episodes, of one run or of a sweep; what is wrong with it is said at once."""

import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.dataset.index import EPISODES, INDEX, episode_row, write_index
from simengine.simulation.mcap.container_reader import ContainerReader
from tests.simulation.dataset.test_index import make
from tests.simulation.episode.test_episode import everything


@pytest.fixture
def job(tmp_path):
    write_index(tmp_path, [episode_row(make(tmp_path, number), 0.5) for number in range(3)])
    return tmp_path


def test_episodes_come_in_order_by_number_slice_and_iteration(job):
    dataset = Dataset(job)
    assert len(dataset) == 3
    assert [episode.id for episode in dataset] == ["000000", "000001", "000002"]
    assert dataset[-1].seed == 2 and [episode.id for episode in dataset[1:]] == ["000001", "000002"]
    with pytest.raises(IndexError):
        _ = dataset[3]
    assert dataset.index.column("seed").to_pylist() == [0, 1, 2]
    assert dataset.index.column("digest").to_pylist() == [episode.digest for episode in dataset]
    assert dataset.rows[1]["file"] == "episodes/000001.mcap"


def test_a_sweep_is_one_dataset_with_jobs_in_natural_order(tmp_path):
    for job in ("10", "2", "0"):
        folder = tmp_path / job
        folder.mkdir()
        write_index(folder, [episode_row(make(folder, int(job)), 0.1)])
    (tmp_path / ".hidden" / EPISODES).mkdir(parents=True)
    dataset = Dataset(tmp_path)
    assert [row["file"].split("/")[0] for row in dataset.rows] == ["0", "2", "10"]
    assert [episode.seed for episode in dataset] == [0, 2, 10]


def test_episodes_without_a_row_are_read_from_their_files(job):
    expected = Dataset(job).rows
    (job / INDEX).unlink()
    rows = Dataset(job).rows
    assert [{**row, "wall_time": 0.5} for row in rows] == expected


def test_a_corrupt_episode_is_one_error_that_names_its_file(job):
    path = job / EPISODES / "000001.mcap"
    content = bytearray(path.read_bytes())
    content[ContainerReader(path)._chunks[0].chunk_start_offset + 80] ^= 1
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="000001.mcap: not a readable episode"):
        for episode in Dataset(job):
            everything(episode)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda path: None, "no such folder"),
        (lambda path: path.write_bytes(b"x"), "a dataset is a folder"),
        (lambda path: path.mkdir(), "no dataset: neither index.parquet nor episodes/"),
    ],
)
def test_a_folder_that_is_none_is_named(tmp_path, prepare, message):
    prepare(tmp_path / "somewhere")
    with pytest.raises(ConfigError, match=f"somewhere: {message}"):
        Dataset(tmp_path / "somewhere")


def test_a_deleted_episode_is_named_when_it_is_asked_for(job):
    (job / EPISODES / "000001.mcap").unlink()
    dataset = Dataset(job)
    assert dataset[0].id == "000000"
    with pytest.raises(ConfigError, match="000001.mcap: no such file"):
        _ = dataset[1]
