"""The main job from the command line to the dataset: complete, resumable, identical however it is run."""

import json
import re
import shutil

import pytest

import simengine
from simengine.cli import main
from simengine.core.errors import ConfigError
from simengine.simulation.dataset.output_folder import claimed
from simengine.simulation.jobs.runner import Outcome
from simengine.simulation.loop.execution import simulate
from tests.tiny_rig import TINY

NEAR = "scenario.actors.lead.place.ahead={uniform:[18,30]}"  # so that so small a camera sees it
HARD_BRAKE = ["generate", "scenario=highway/hard_brake", NEAR, *TINY]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated") / "data"
    assert main([*HARD_BRAKE, "episodes=2", "workers=1", f"output={folder}"]) == 0
    return folder


def test_a_folder_holds_episodes_index_and_previews(dataset):
    assert sorted(path.name for path in dataset.iterdir() if not path.name.startswith(".")) == [
        "episodes", "index.parquet", "preview.mp4", "preview.png",
    ]  # fmt: skip
    rows = simengine.Dataset(dataset).rows
    assert [row["id"] for row in rows] == ["highway-hard_brake-000001", "highway-hard_brake-000002"]
    assert all(row["wall_time"] > 0.0 for row in rows)
    assert rows[0]["scenario.actors.lead.place.ahead"] != rows[1]["scenario.actors.lead.place.ahead"]


def test_frames_carry_what_the_documentation_says(dataset):
    episode = simengine.Dataset(dataset)[0]
    frames = list(episode.frames("camera_front"))
    assert len(frames) == 5  # 10 Hz from 0.1 s in 0.5 s
    frame = frames[-1]
    assert frame.rgb.shape == (36, 64, 3) and frame.depth.shape == frame.instance.shape == (36, 64)
    assert frame.boxes_3d.instance.size >= 2
    lead = frame.boxes_2d.instance.tolist().index(2)
    assert (frame.instance == 2).sum() == frame.boxes_2d.visible_pixels[lead] > 0
    scan = episode.frames("lidar_top")[0]
    assert scan.points.shape[0] == scan.time_ns.shape[0] == scan.intensity.shape[0] > 100
    assert episode.tracks.position.shape == (*episode.tracks.valid.shape, 3)
    assert episode.tracks.time_ns[0] == 0 and episode.tracks.time_ns[-1] == 500_000_000


def test_replay_finds_every_episode_identical(dataset, capsys):
    assert main(["replay", str(dataset), "--workers", "1"]) == 0
    assert "2 of 2 identical" in capsys.readouterr().out


def test_the_same_command_goes_on_where_it_stopped(dataset, capsys):
    before = {row["id"]: row["digest"] for row in simengine.Dataset(dataset).rows}
    lost = dataset / "episodes" / "highway-hard_brake-000002.mcap"
    content = lost.read_bytes()
    lost.unlink()
    (dataset / "index.parquet").unlink()
    command = [*HARD_BRAKE, "episodes=2", "workers=1", f"output={dataset}"]
    assert main(command) == 0
    assert "1 of 2 episodes made already" in capsys.readouterr().err
    assert {row["id"]: row["digest"] for row in simengine.Dataset(dataset).rows} == before
    assert lost.read_bytes() == content


def test_a_shorter_run_counts_only_what_it_was_asked_for(dataset, capsys):
    command = [*HARD_BRAKE, "episodes=1", "workers=1", f"output={dataset}"]
    assert main(command) == 0
    counts = re.search(r"(-?\d+) passed, (-?\d+) did not, (-?\d+) untested", capsys.readouterr().out)
    assert counts.groups() == ("0", "0", "1")  # too short for the hazard


def test_other_settings_do_not_mix_into_a_folder(dataset, capsys):
    command = [*HARD_BRAKE, "weather=fog", "episodes=2", f"output={dataset}"]
    assert main(command) == 2
    assert "made with other settings" in capsys.readouterr().err


def test_in_memory_and_on_disk_are_the_same_episode(dataset):
    episode = simengine.Dataset(dataset)[0]
    again = simulate(episode.scenario)
    assert again.digest == episode.digest
    assert str(again.verdict) == str(episode.verdict)


def test_spawned_workers_give_the_same_digests(dataset, tmp_path):
    folder = tmp_path / "spawned"
    command = [*HARD_BRAKE, "episodes=2", "workers=2", f"output={folder}"]
    assert main(command) == 0
    want = [row["digest"] for row in simengine.Dataset(dataset).rows]
    assert [row["digest"] for row in simengine.Dataset(folder).rows] == want


def test_a_sweep_is_one_dataset_and_replayed_as_one(tmp_path, capsys):
    tiny = [text for text in TINY if "camera" not in text and "lidar" not in text and "sensors" not in text]
    command = ["generate", "-m", "scenario=highway/hard_brake", "weather=clear,ice", "sensors=none", *tiny]
    command.append("scenario.events.brake.when.time=0.1")  # within these short episodes
    assert main([*command, "episodes=1", "workers=1", f"output={tmp_path / 'sweep'}"]) == 0
    said = capsys.readouterr()
    assert "1 of 1 passed" in said.out and "weather=ice" in said.out and "1/highway-hard_brake" in said.err
    episodes = list(simengine.Dataset(tmp_path / "sweep"))
    assert sorted(episode.scenario.weather.ice > 0.5 for episode in episodes) == [False, True]
    assert main(["replay", str(tmp_path / "sweep"), "--workers", "1"]) == 0
    assert "2 of 2 identical" in capsys.readouterr().out


def test_a_corrupt_episode_is_one_error(dataset, tmp_path):
    whole = (dataset / "episodes" / "highway-hard_brake-000001.mcap").read_bytes()
    folder = tmp_path / "broken" / "episodes"
    folder.mkdir(parents=True)
    (folder / "a.mcap").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError, match=r"a\.mcap"):
        simengine.Dataset(tmp_path / "broken")[0]


def test_a_driver_of_ones_own_drives():
    scenario = simengine.load_scenario("highway/hard_brake", ["sensors=none", "traffic=none", "scenario.duration=3"])
    seen = []

    def brake(observation):
        seen.append(observation.speed)
        return simengine.Control(acceleration=-6.0)

    episode = simulate(scenario, driver=brake)
    assert len(seen) == 60
    assert seen[-1] < seen[0] - 14.0
    assert json.dumps(episode.metrics)
    with pytest.raises(ConfigError, match=r"returned None.*simengine\.Control"):
        simulate(scenario, driver=lambda observation: None)


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("ego.driver=idmm", r'ego\.driver = idmm.*did you mean "idm"'),
        ("ego.model=sedann", r"ego\.model = sedann.*allowed with ego\.kind=car: .*sedan"),
        ("criteria.no_collision.kind=no_colision", r"criteria\.no_collision\.kind = no_colision"),
    ],
)
def test_what_no_episode_could_use_is_refused_before_anything_is_written(tmp_path, capsys, override, named):
    assert main(["generate", "scenario=drive", "sensors=none", override, f"output={tmp_path / 'data'}"]) == 2
    assert re.search(named, capsys.readouterr().err)
    assert not (tmp_path / "data").exists()


QUIET = ["generate", "scenario=highway/hard_brake", "sensors=none", *TINY[:1], "scenario.duration=0.2", "workers=1"]


def test_what_only_laying_out_finds_leaves_nothing_behind(tmp_path, capsys):
    old = tmp_path / "old"
    old.mkdir()
    for folder in (tmp_path / "new" / "data", old):
        assert main([*QUIET, "scenario.actors.lead.place.lane=9", f"output={folder}"]) == 2
        err = capsys.readouterr().err.splitlines()[-1]
        assert err.startswith("simengine: highway-hard_brake-000001: ") and "place.lane = 9" in err
    assert list(tmp_path.iterdir()) == [old] and list(old.iterdir()) == []


def test_a_refused_run_changes_nothing_in_a_folder_that_was_there(dataset, capsys):
    before = {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}
    assert main([*HARD_BRAKE, "weather=fog", "episodes=2", "workers=1", f"output={dataset}"]) == 2
    assert {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()} == before


def test_a_sweep_of_which_one_job_is_refused_makes_no_folder(dataset, tmp_path, capsys):
    shutil.copytree(dataset, tmp_path / "1")
    assert main([*HARD_BRAKE, "-m", "weather=clear,fog", "episodes=2", "workers=1", f"output={tmp_path}"]) == 2
    assert "made with other settings" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_two_runs_do_not_write_to_one_folder_at_once(tmp_path, capsys):
    with claimed(tmp_path / "data"):
        assert main([*QUIET, f"output={tmp_path / 'data'}"]) == 2
    assert "is writing to" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_damaged_episode_is_made_again_and_a_foreign_file_named_and_left(dataset, tmp_path, capsys):
    folder = tmp_path / "data"
    shutil.copytree(dataset, folder)
    command = [*HARD_BRAKE, "episodes=2", "workers=1", f"output={folder}"]
    path = folder / "episodes" / "highway-hard_brake-000002.mcap"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"?" + whole[len(whole) // 2 + 1 :])
    assert main(command) == 0
    err = capsys.readouterr().err
    assert f"does not count as made: {path}: is damaged" in err and "1 of 2 episodes made already" in err
    assert path.read_bytes() == whole
    foreign = folder / "episodes" / "holiday.mcap"
    foreign.write_bytes(b"mine")
    assert main(command) == 2
    assert str(foreign) in capsys.readouterr().err and foreign.read_bytes() == b"mine"


def test_a_run_of_which_every_episode_failed_leaves_no_folder(tmp_path, capsys, monkeypatch):
    def fail(jobs, workers, run, prepare):
        yield from (Outcome(job.id, job.path, "error", "", 0.0, 0.0, "the horn is stuck") for job in jobs)

    monkeypatch.setattr("simengine.simulation.jobs.generate.run_jobs", fail)
    assert main([*HARD_BRAKE, "episodes=2", "workers=1", f"output={tmp_path / 'data'}"]) == 1
    assert capsys.readouterr().err.count("horn is stuck") == 2
    assert not (tmp_path / "data").exists()
