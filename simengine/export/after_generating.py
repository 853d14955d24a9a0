"""`simengine generate … export=kitti,coco`: formats are checked before anything is simulated and written at the end."""

import difflib
import shutil
from importlib import import_module
from pathlib import Path

from simengine.core.errors import ConfigError, blame, nearest, suggest
from simengine.export.kitti import refuse_tilted
from simengine.export.registry import BUILT_IN_FORMATS, exporter, formats
from simengine.scenario.override_text import as_typed
from simengine.scenario.spec import ConcreteScenario, ExtensionSpec
from simengine.sensors.base.mount import mount_rotation
from simengine.simulation.dataset.dataset import Dataset
from simengine.simulation.episode.leaving_out import SETTING, LeaveOut
from simengine.simulation.files.scratch import scratch_folder
from simengine.simulation.jobs.generate import FollowUp

FOLDER = "export"  # below the output: export/kitti, export/coco
# What a sensor has to have for a format to take it, and what the format then needs of it besides; as the exporters do.
_CAMERAS = {"kitti": (("rgb",), ("intrinsics", "labels")), "coco": (("rgb", "instance"), ("labels",))}
_LIDARS = {"kitti": (("points",), ("intensity",))}


class Export(FollowUp):
    """Writes a finished dataset in other formats, below its own folder.

    Args:
        settings: The format's own settings by format.
        typed: What the user typed for it.
    """

    def __init__(self, settings: dict[str, dict[str, str]], typed: tuple[str, ...]) -> None:
        self._settings = settings
        self.typed = typed

    def check(self, scenario: ConcreteScenario) -> None:
        """Refuse a rig or recorder that a format cannot be written from.

        Raises:
            ConfigError: No camera, a sensor that is not there, or one of which the recorder leaves out what is needed.
        """
        for name, settings in self._settings.items():
            if name in BUILT_IN_FORMATS:
                _check_rig(name, settings, scenario)

    def write(self, folder: Path) -> list[str]:
        """Write every format anew; returns a line for each."""
        lines = []
        for name, settings in self._settings.items():
            place = folder / FOLDER / name
            shutil.rmtree(place, ignore_errors=True)  # of an earlier run that had fewer episodes
            write = exporter(name)
            with blame(write, f"format = {name}:"):
                lines.append(f"{place}: {write(Dataset(folder), place, settings)}")
        return lines


def _check_rig(name: str, settings: dict[str, str], scenario: ConcreteScenario) -> None:
    """Refuse a scenario that a built-in format cannot be written from; see `Export.check`."""
    recorder = LeaveOut(scenario.recorder.leave_out, scenario.recorder.depth)
    foreign = any(isinstance(spec, ExtensionSpec) for spec in scenario.sensors.values())  # may measure anything
    for kind, (takes, needs) in (("camera", _CAMERAS[name]), ("lidar", _LIDARS.get(name, ((), ())))):
        if not takes:
            continue
        rig = [sensor for sensor, spec in scenario.sensors.items() if spec.kind == kind]
        wanted = settings.get(kind)
        if wanted is not None and wanted not in rig and not isinstance(scenario.sensors.get(wanted), ExtensionSpec):
            known = ", ".join(rig) or "none"
            raise ConfigError(f"export.{kind} = {wanted}{nearest(wanted, rig)}: the rig has the {kind}s {known}")
        able = [sensor for sensor in rig if not _lacks(recorder, sensor, takes)]
        if wanted is not None:
            chosen, needs = [wanted], (*takes, *needs)
        elif name == "coco":
            chosen = able
        else:
            chosen = able[:1]
        if not chosen and kind == "camera" and not foreign:
            if not rig:
                raise ConfigError(f"export={name} needs a camera; the rig has {', '.join(scenario.sensors) or 'none'}")
            chosen, needs = rig[:1], (*takes, *needs)
        for sensor in chosen:
            lacks = _lacks(recorder, sensor, needs)
            if lacks:
                raise ConfigError(f"export={name} needs {' and '.join(lacks)} of {sensor}, but {SETTING} names it")
            if name == "kitti" and sensor in rig and kind == "camera":
                refuse_tilted(sensor, float(mount_rotation(scenario.sensors[sensor].mount)[2, 2]))


def _lacks(recorder: LeaveOut, sensor: str, channels: tuple[str, ...]) -> list[str]:
    """Return those of some channels of a sensor that a recorder leaves out."""
    return [channel for channel in channels if recorder.channel(sensor, channel)]


def split_export(overrides: list[str]) -> tuple[list[str], Export | None]:
    """Take `export=…` and `export.…=…` out of a command's settings and check them.

    Raises:
        ConfigError: A format or setting that is not there, or one that is given twice.
    """
    for text in overrides:
        key = text.lstrip("+").partition("=")[0].split(".")[0]
        if key != "export" and difflib.get_close_matches(key, ["export"], cutoff=0.8):
            raise ConfigError(f'{text}: no setting is called "{key}" (did you mean "export"?)')
    typed = [text for text in overrides if text.lstrip("+").partition("=")[0].split(".")[0] == "export"]
    if not typed:
        return overrides, None
    given: dict[str, str] = {}
    for text in typed:
        name, _, value = text.lstrip("+").partition("=")
        if given.setdefault(name, value) != value:
            raise ConfigError(f"{name} is given twice, as {given[name]} and as {value}; give one of them")
        if not value:
            raise ConfigError(f'"{text}" is not a setting of the form key=value')
    if "export" not in given:
        raise ConfigError(f"{typed[0]}: name the format too, export={'|'.join(formats())}")
    chosen = [name.strip(" '\"") for name in given.pop("export").strip("[]").split(",")]
    writers = {name: exporter(name) for name in dict.fromkeys(chosen)}  # refuses what is no format
    settings: dict[str, dict[str, str]] = {name: {} for name in writers}
    takers = {name: _takes(name) for name in writers}
    for key, value in given.items():
        name = key.removeprefix("export.")
        takes = [writer for writer, known in takers.items() if known is None or name in known]
        if not takes:
            known = sorted({one for names in takers.values() for one in names or ()})
            raise ConfigError(f"{as_typed(key)}: no setting of that name{suggest(name, known)}")
        for writer in takes:
            settings[writer][name] = value
    with scratch_folder("export") as scratch:
        for name in set(writers) & set(BUILT_IN_FORMATS):  # without an episode an exporter checks its settings only
            writers[name]([], scratch / name, settings[name])
    return [text for text in overrides if text not in typed], Export(settings, tuple(typed))


def _takes(name: str) -> tuple[str, ...] | None:
    """Return the names of a format's own settings; None of a package's, which checks them itself."""
    return import_module(f"simengine.export.{name}").SETTINGS if name in BUILT_IN_FORMATS else None
