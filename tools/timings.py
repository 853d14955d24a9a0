"""Where the time of one worker goes: CPU milliseconds a frame (0.1 s simulated) by part, of one episode each.

Run it with the project's own environment, .venv/bin/python tools/timings.py [--seconds S] [--only TEXT] [OVERRIDE ...];
with overrides only what they describe is timed.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

TWENTY = ("scenario=drive", "traffic=dense", "traffic.max_vehicles=19")  # and the ego
STREET = (*TWENTY, "road=urban", "ego=sedan_town")  # and some hundred parked cars
CASES = {
    "highway, day": TWENTY,
    "highway, night rain": (*TWENTY, "weather=night_rain"),
    "highway, fog": (*TWENTY, "weather=fog"),
    "urban, day": STREET,
    "urban, night rain": (*STREET, "weather=night_rain"),
    "highway, day, six cameras": (*TWENTY, "sensors=nuscenes"),
}
# (part, module, name there): a call counts for its own part, less what it calls of other parts.
PARTS = [
    ("set-up of the episode", "simulation.loop.simulator", "Simulator.__init__"),
    ("set-up of the episode", "simulation.loop.simulator", "Simulator.reset"),
    ("camera: poses", "sensors.camera.camera", "pose_parts"),
    ("camera: visibility", "sensors.camera.camera", "draw_visibility"),
    ("camera: lights", "sensors.camera.camera", "find_lights"),
    ("camera: lit air", "sensors.camera.camera", "find_scatter"),
    ("camera: shadow maps", "sensors.light.shadow_maps", "SunShadows.draw"),
    ("camera: mirror image", "sensors.camera.camera", "CameraSensor._mirror_image"),
    ("camera: shading", "sensors.camera.camera", "shade_rows"),
    ("camera: rain and snow", "sensors.camera.camera", "draw_particles"),
    ("camera: masks", "sensors.camera.camera", "read_masks"),
    ("camera: exposure, noise", "sensors.camera.camera", "CameraSensor.develop"),
    ("camera: rest", "sensors.camera.camera", "CameraSensor.capture"),
    ("lidar: poses", "sensors.lidar.lidar", "LidarSensor._place_parts"),
    ("lidar: beams", "sensors.lidar.lidar", "cast_sweep"),
    ("lidar: receiver", "sensors.lidar.lidar", "receive_sweep"),
    ("lidar: receiver", "sensors.lidar.lidar", "write_points"),
    ("lidar: rest", "sensors.lidar.lidar", "LidarSensor.capture"),
    ("other sensors", "sensors.motion.inertial", "ImuSensor.capture"),
    ("other sensors", "sensors.motion.odometry", "OdometrySensor.capture"),
    ("other sensors", "sensors.motion.gnss", "GnssSensor.capture"),
    ("labels", "labels.annotate", "Annotator.annotate"),
    ("labels", "labels.annotate", "Annotator.update"),
    ("labels: extents in image", "labels.annotate", "measure_extents"),
    ("behavior", "simulation.loop.decisions", "Decisions.decide"),
    ("behavior", "simulation.loop.decisions", "Decisions.follow"),
    ("behavior", "simulation.loop.decisions", "Decisions.observe"),
    ("physics", "physics.bullet.bullet", "BulletPhysics.step"),
    ("physics", "physics.bullet.bullet", "BulletPhysics.contacts"),
    ("criteria", "simulation.loop.ego_monitor", "EgoMonitor.update"),
    ("record: encode", "simulation.mcap.writer", "store_channels"),
    ("record: digest", "simulation.mcap.writer", "digest_frame"),
    ("record: digest", "simulation.mcap.writer", "digest_state"),
    ("record: write", "simulation.mcap.writer", "EpisodeWriter.append_frame"),
    ("record: write", "simulation.mcap.writer", "EpisodeWriter.append_state"),
]
REST = "loop, reading back"


class Meter:
    """CPU time by part; the part that runs is on top of a stack."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._stack = [REST]
        self._since = time.process_time()

    def switch(self) -> None:
        """Charge the time since the last switch to the part that ran."""
        now = time.process_time()
        self.spent[self._stack[-1]] += now - self._since
        self._since = now

    def wrap(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, its calls charged to a part."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self.switch()
            self._stack.append(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.switch()
                self._stack.pop()

        return timed

    def install(self) -> None:
        """Put a clock around every part."""
        for part, module, name in PARTS:
            holder: Any = import_module(f"simengine.{module}")
            *owners, leaf = name.split(".")
            for owner in owners:
                holder = getattr(holder, owner)
            setattr(holder, leaf, self.wrap(part, getattr(holder, leaf)))


def measure(meter: Meter, overrides: Sequence[str], seconds: float) -> dict[str, float]:
    """Return the CPU time of each part [ms a frame] of one episode, once everything is compiled."""
    from simengine.scenario.compose import compose
    from simengine.scenario.sampling import concretize
    from simengine.simulation.loop.execution import record, warm_up

    scenario = concretize(compose("config", (*overrides, f"scenario.duration={seconds}")), 1)
    warm_up(scenario)
    with tempfile.TemporaryDirectory() as folder:
        meter.switch()
        meter.spent.clear()
        start = time.process_time()
        summary = record(scenario, "timed", Path(folder) / "timed.mcap")
        meter.switch()
        wall = time.process_time() - start
    frames = summary.duration_ns * 1e-8
    parts = {part: 1000.0 * spent / frames for part, spent in meter.spent.items()}
    return {**parts, "all": 1000.0 * wall / frames}


def main() -> None:
    """Time the cases and print one table."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12.0, help="simulated of each case")
    parser.add_argument("--only", help="cases whose name contains this")
    parser.add_argument("overrides", nargs="*", help="as of `generate`")
    arguments = parser.parse_args()
    for variable in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # as a worker is
        os.environ.setdefault(variable, "1")
    cases = {" ".join(arguments.overrides): arguments.overrides} if arguments.overrides else CASES
    meter = Meter()
    meter.install()
    columns = {
        case: measure(meter, overrides, arguments.seconds)
        for case, overrides in cases.items()
        if not arguments.only or arguments.only in case
    }
    parts = [*dict.fromkeys(part for part, _, _ in PARTS), REST, "all"]
    print("| CPU ms a frame | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for part in parts:
        print(f"| {part} | " + " | ".join(f"{column.get(part, 0.0):.1f}" for column in columns.values()) + " |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory of the process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
