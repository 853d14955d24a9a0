"""Right inputs, which are changed."""

from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import MIB, read_bounded
from simengine.scenario.config_loader import configuration_root
from tools.checks.pages import ROOT

_LARGEST = 64 * MIB
_BRIEF = ("physics=batched", "traffic=none", "scenario.duration=0.1")
_SMALL = ("sensors=none", "recorder.leave_out=[scene,tf,map_lines,signal_lamps,boxes]")
_FULL = (
    "sensors=small", "sensors.camera_front.width=64", "sensors.camera_front.height=36", "sensors.lidar_top.channels=8",
    "sensors.lidar_top.columns=128",
)  # fmt: skip


def episode(folder: Path, full: bool, given: Path | None = None) -> Path:
    """Return an episode's file, recorded anew unless one is given.

    Args:
        folder: Where to record to.
        full: With camera, LiDAR and all topics for viewers; else without sensors.
        given: A file of one's own, or a folder that keeps what was recorded for others.

    Raises:
        ConfigError: The given file is not whole.
    """
    from simengine.scenario.sampling import load_scenario
    from simengine.simulation.loop.execution import record

    if given is not None and not given.is_dir():
        check_whole(given)
        return given
    path = (given or folder) / f"highway-hard_brake-{'full' if full else 'small'}.mcap"
    if not path.exists():
        record(load_scenario("highway/hard_brake", [*_BRIEF, *(_FULL if full else _SMALL)], seed=1), path.stem, path)
    return path


def check_whole(given: Path) -> None:
    """Refuse an episode that is damaged.

    Raises:
        ConfigError: It is not whole, or no file.
    """
    from simengine.simulation.mcap.integrity import check_file

    for line in check_file(given).damage:
        raise ConfigError(f"{given}: {line}; a whole episode is needed")


def files(pattern: str) -> list[tuple[str, bytes]]:
    """Return name and content of files of the repository by a pattern."""
    found = [(path.name, read_bounded(path, _LARGEST)) for path in sorted(ROOT.glob(pattern))]
    if not found:
        raise ConfigError(f"{ROOT / pattern}: there is no such file")
    return found


def settings_files() -> list[tuple[str, bytes]]:
    """Return name and content of every option and scenario of the library."""
    root = configuration_root()
    paths = [*sorted((root / "conf").rglob("*.yaml")), *sorted((root / "scenarios").rglob("*.yaml"))]
    return [(path.stem, path.read_bytes()) for path in paths]
