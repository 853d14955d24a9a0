"""From a format's name to its exporter: the built-in ones, and those of installed packages.

A package adds a format by an entry point of the group `simengine.exporters`: its name is the format, its value a
callable `(episodes, output, settings) -> ExportReport`, as `kitti.export` is.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from simengine.core.errors import ConfigError, nearest
from simengine.export.target import ExportReport
from simengine.simulation.episode.episode import Episode

ENTRY_POINT_GROUP = "simengine.exporters"
BUILT_IN_FORMATS = ("coco", "kitti")

Exporter = Callable[[Sequence[Episode], Path, Mapping[str, str]], ExportReport]


def formats() -> tuple[str, ...]:
    """Return the names of all formats."""
    return (*BUILT_IN_FORMATS, *sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)}))


def exporter(name: str) -> Exporter:
    """Return the exporter of a format.

    Raises:
        ConfigError: There is none of that name; the message names the nearest.
    """
    if name in BUILT_IN_FORMATS:
        return import_module(f"simengine.export.{name}").export
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name == name:
            return point.load()
    known = formats()
    raise ConfigError(f"format = {name}: no such format{nearest(name, known)}; allowed are {', '.join(known)}")
