"""Labels of library scenarios against Embree, against each other, and read back by the formats' own tools."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from simengine.export import coco, kitti
from simengine.labels.annotation import Annotation
from simengine.scenario.sampling import load_scenario
from simengine.sensors.base.sensor import Frame
from simengine.simulation.episode.episode import Episode
from simengine.simulation.episode.in_memory import MemoryRecorder
from simengine.simulation.loop.simulator import Simulator
from simengine.simulation.world.layout import World
from tools.checks.seen.boxes import Contradictions, check_depths, check_masks, check_points
from tools.checks.seen.coco import rows as evaluation_rows
from tools.checks.seen.kitti import compare_export
from tools.checks.seen.sight import MISSED_WITHIN, Agreement, Witness
from tools.checks.table import Row

SCENARIOS = ("highway/cut_in", "urban/jaywalker", "rural/deer_crossing", "highway/lost_cargo")
WEATHERS = ("clear", "night_rain")
COLUMN_SHARE = 8  # one of so many columns of a sweep is compared
_SETTINGS = ("sensors=camera_lidar", "sensors.camera_front.rate_hz=1", "sensors.lidar_top.noise_std=0")


class Watched:
    """One scenario, run with Embree and the boxes' definitions looking on.

    Args:
        name: Of the scenario.
        weather: Option of the weather group.
        frames: Camera frames that are looked at, one a second; as many sweeps.
        overrides: Further settings.
    """

    def __init__(self, name: str, weather: str, frames: int, overrides: Sequence[str]) -> None:
        settings = [*_SETTINGS, f"weather={weather}", f"scenario.duration={frames - 1 + 0.15}", *overrides]
        scenario = load_scenario(name, settings, seed=1)
        kept: list[MemoryRecorder] = []

        def remember(world: World) -> MemoryRecorder:
            kept.append(
                MemoryRecorder(f"{name}-{weather}".replace("/", "-"), scenario, world.network, world.actors, {})
            )
            return kept[-1]

        self.camera, self.lidar, self.boxes = Agreement(), Agreement(), Contradictions()
        self.depths, self.points = Contradictions(), Contradictions()
        simulator = Simulator(scenario, remember)
        try:
            simulator.reset()
            self._witness = Witness(simulator.scene)
            air = scenario.weather
            self._clear = air.rain_rate == 0.0 and air.snow_rate == 0.0 and air.optical_range > 5000.0
            while not simulator.done:
                snapshot = simulator.step()
                labels = {(label.sensor, label.index): label for label in snapshot.annotations}
                for frame in snapshot.frames:
                    label = labels.get((frame.sensor, frame.index))
                    if frame.sensor == "camera_front":
                        self._look(simulator, frame, label)
                    elif frame.sensor == "lidar_top" and frame.index % 10 == 0:
                        self._sweep(simulator, frame, label)
            simulator.finish()
        finally:
            simulator.close()
        self.episode: Episode = kept[0].episode()
        self.what = f"{name}, {weather}"

    def _look(self, simulator: Simulator, frame: Frame, label: Annotation) -> None:
        actors = len(simulator.scene.actor_mesh)
        self.camera = self.camera.joined(self._witness.look(frame, simulator.history.poses_at(frame.time_ns)))
        self.boxes = self.boxes.joined(check_masks(frame, label, actors))
        self.depths = self.depths.joined(check_depths(frame, label))

    def _sweep(self, simulator: Simulator, frame: Frame, label: Annotation) -> None:
        spec = simulator.scenario.sensors["lidar_top"]
        self.lidar = self.lidar.joined(self._witness.sweep(frame, spec, simulator.history, COLUMN_SHARE, self._clear))
        self.points = self.points.joined(check_points(frame, label, 1.0 / spec.rate_hz))

    def rows(self) -> Iterator[Row]:
        """Yield what was found."""

        def share(part: int, whole: int) -> float:
            return 100.0 * part / whole if whole else math.nan

        camera, lidar, boxes = self.camera, self.lidar, self.boxes
        yield Row(
            f"{self.what}: camera instances away from edges", share(camera.agreeing, camera.compared), 99.9, "%",
            at_least=True, note=f"of {camera.compared} pixels",
        )  # fmt: skip
        yield Row(f"{self.what}: camera depth", 1000.0 * camera.error, 1.0, "mm")
        yield Row(
            f"{self.what}: LiDAR instances", share(lidar.agreeing, lidar.compared), 99.9, "%", at_least=True,
            note=f"of {lidar.compared} points",
        )  # fmt: skip
        yield Row(f"{self.what}: LiDAR range", 1000.0 * lidar.error, 1.0, "mm")
        if lidar.looked_for:
            note = f"of {lidar.looked_for} beams that meet something within {MISSED_WITHIN:g} m"
            yield Row(f"{self.what}: no echo", share(lidar.missing, lidar.looked_for), 0.1, "%", note=note)
        yield Row(f"{self.what}: 2-D boxes against masks", boxes.wrong, 0, "bad", note=f"of {boxes.boxes}")
        yield Row(
            f"{self.what}: LiDAR hits that boxes state", self.points.wrong, 0, "bad", note=f"of {self.points.boxes}"
        )
        for found, name in ((self.depths, "depths"), (self.points, "points")):
            if found.measured:
                note = f"of {found.measured} on cars, trucks and buses"
                yield Row(
                    f"{self.what}: {name} outside 3-D boxes", share(found.outside, found.measured), 0.1, "%", note=note
                )


def read_back(episodes: Sequence[Episode], scratch: Path) -> Iterator[Row]:
    """Export episodes and read them back with COCO's own tools and by KITTI's readme."""
    coco.export(episodes, scratch / "coco", {"validation": "0"})
    yield from evaluation_rows(scratch / "coco" / "annotations" / "instances_train.json")
    kitti.export(episodes, scratch / "kitti", {"validation": "0"})
    yield from compare_export(scratch / "kitti", episodes)


def rows(
    scenarios: Sequence[str], weathers: Sequence[str], frames: int, overrides: Sequence[str], scratch: Path
) -> Iterator[Row]:
    """Yield every row: each scenario in each weather, then the exports of all.

    Args:
        scenarios: Of the library.
        weathers: Options of the weather group.
        frames: Of each.
        overrides: Further settings.
        scratch: A folder for exports.
    """
    episodes = []
    for name in scenarios:
        for weather in weathers:
            watched = Watched(name, weather, frames, overrides)
            yield from watched.rows()
            episodes.append(watched.episode)
    yield from read_back(episodes, scratch)
