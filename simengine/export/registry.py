"""From a format's name to its exporter: the built-in ones, and those of installed packages.

A package adds a format by an entry point of the group `simengine.exporters`: its name is the format, its value a
callable `(episodes, output, settings) -> ExportReport`, as `kitti.export` is.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from simengine.core.plugins import check_part, find_part, part_names
from simengine.export.target import ExportReport
from simengine.simulation.episode.episode import Episode

BUILT_IN_FORMATS = ("coco", "kitti")

Exporter = Callable[[Sequence[Episode], Path, Mapping[str, str]], ExportReport]


def formats() -> tuple[str, ...]:
    """Return the names of all formats."""
    return part_names("format", BUILT_IN_FORMATS)


def exporter(name: str) -> Exporter:
    """Return the exporter of a format.

    Raises:
        ConfigError: There is none of that name; the message names the nearest.
        PartError: The package that brings it cannot be loaded.
    """
    if name in BUILT_IN_FORMATS:
        return import_module(f"simengine.export.{name}").export
    check_part("format", "format", name, BUILT_IN_FORMATS)
    return find_part("format", "format", name, {})
