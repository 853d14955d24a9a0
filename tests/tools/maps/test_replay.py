"""Recorded traffic: the file is read on its own, and a vehicle that strays, is missing or is one too many is seen."""

import math
from pathlib import Path

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.core.state import EGO
from tools.checks.maps import replay

LANE = """<lanelet id="1"><leftBound><point><x>-50</x><y>2</y></point><point><x>400</x><y>2</y></point></leftBound>
<rightBound><point><x>-50</x><y>-2</y></point><point><x>400</x><y>-2</y></point></rightBound></lanelet>"""


def state(tag: str, step: int, x: float) -> str:
    return (
        f"<{tag}><position><point><x>{x}</x><y>0</y></point></position><orientation><exact>0</exact></orientation>"
        f"<time><exact>{step}</exact></time><velocity><exact>10</exact></velocity></{tag}>"
    )


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    states = "".join(state("state", k, 60.0 + k) for k in range(1, 6))
    path = tmp_path / "it's one.xml"
    path.write_text(
        f'<?xml version="1.0"?><commonRoad commonRoadVersion="2020a" benchmarkID="a" timeStepSize="0.1">{LANE}'
        '<dynamicObstacle id="7"><type>car</type><shape><rectangle><length>4.5</length><width>1.8</width></rectangle>'
        f"</shape>{state('initialState', 0, 60.0)}<trajectory>{states}</trajectory></dynamicObstacle></commonRoad>"
    )
    return path


def test_poses_are_those_of_the_file_and_on_the_line_between(recording):
    recorded = replay.read_recording(recording)
    assert (recorded.time_step, recorded.steps) == (0.1, 5)
    assert recorded.pose("7", 2.0) == (62.0, 0.0, 0.0)
    assert recorded.pose("7", 2.5) == pytest.approx((62.5, 0.0, 0.0))
    assert recorded.pose("7", 5.5) is None and recorded.pose("7", -1.0) is None


class Played:
    """A simulator whose one recorded vehicle is where it is put."""

    def __init__(self, xs: list[float | None]) -> None:
        self.xs, self.k = xs, 0

    @property
    def done(self) -> bool:
        return self.k == len(self.xs) - 1

    def reset(self):
        from types import SimpleNamespace

        driver = SimpleNamespace(ego=SimpleNamespace(driver="idm"))
        self.world = SimpleNamespace(names={"ego": EGO, "recorded_7": 1}, recording_start=0.0, ego_track="")
        self.scenario = driver
        return self._snapshot()

    def step(self):
        self.k += 1
        return self._snapshot()

    def _snapshot(self):
        from types import SimpleNamespace

        x = self.xs[self.k]
        state = SimpleNamespace(
            valid=np.array([[True, x is not None]]), replayed=np.array([[False, True]]),
            position=np.array([[[0.0, 0.0, 0.0], [x or 0.0, 0.0, 0.7]]]),
            orientation=np.array([[[1.0, 0.0, 0.0, 0.0]] * 2]),
        )  # fmt: skip
        return SimpleNamespace(time_ns=self.k * 50_000_000, state=state)


def played(recording: Path, xs: list[float | None]) -> replay.Following:
    simulator = Played(xs)
    simulator.reset()
    return replay._compare(simulator, replay.read_recording(recording))


def test_a_vehicle_that_follows_is_good_and_one_that_strays_is_not(recording):
    good = played(recording, [60.0, 60.5, 61.0, 61.53, 62.0])
    assert (good.compared, good.distance, good.between) == (5, 0.0, pytest.approx(0.03))
    assert replay.row_of(recording, good).good
    strayed = played(recording, [60.0, 60.5, 61.06])
    assert strayed.distance == pytest.approx(0.06) and not replay.row_of(recording, strayed).good


def test_a_vehicle_that_is_missing_or_stays_on_is_never_good(recording):
    missing = played(recording, [60.0, 60.5, None])
    assert missing.missing == 1 and not replay.row_of(recording, missing).good
    stays = played(recording, [60.0 + 0.5 * k for k in range(12)])
    assert stays.extra == 1 and not replay.row_of(recording, stays).good


def test_a_file_without_moving_obstacles_and_a_wrong_path_are_one_error(tmp_path):
    path = tmp_path / "still.xml"
    path.write_text('<commonRoad timeStepSize="0.1"/>')
    with pytest.raises(ScenarioError, match="no moving obstacle"):
        replay.read_recording(path)
    with pytest.raises(ScenarioError, match="neither a CommonRoad file nor a folder"):
        replay.recordings([str(tmp_path / "nowhere")], tmp_path)
    assert replay.recordings([], tmp_path) == [path]


def test_a_replayed_file_keeps_to_its_recording(recording):
    pytest.importorskip("pybullet")
    found = replay.follow(recording)
    assert found.vehicles == 1 and found.compared == 11
    assert found.distance < 1e-9 and math.degrees(found.turned) < 1e-6
    assert replay.row_of(recording, found).good


def test_a_vehicle_whose_place_the_ego_takes_is_not_missed(recording):
    simulator = Played([None, None])
    simulator.reset()
    simulator.reset = lambda: simulator._snapshot()
    simulator.world.ego_track = "7"
    found = replay._compare(simulator, replay.read_recording(recording))
    assert (found.vehicles, found.missing, found.extra) == (0, 0, 0)
