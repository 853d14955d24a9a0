"""Scenarios in files of the user's own: under which name and on which search path Hydra finds them."""

from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.scenario.compose import scenario_names
from simengine.scenario.config_loader import configuration_root
from simengine.scenario.override_text import quote
from simengine.scenario.yaml_files import MAX_CONCRETE_BYTES, read_text


def is_concrete(path: Path) -> bool:
    """Say whether a file holds a concrete scenario, of numbers only."""
    return any(line.startswith("schema_version:") for line in read_text(path, MAX_CONCRETE_BYTES).splitlines())


def find_name(path: Path, named: Path) -> tuple[str, tuple[str, ...]]:
    """Return a scenario file's name, and the settings with which `compose` finds it; none for one of the library.

    Args:
        path: The file.
        named: The path that the user gave: the file, or a folder above it.

    Raises:
        ConfigError: The library has a scenario of the same name, which would be taken for it.
    """
    path, named = path.resolve(), named.resolve()
    root = next((parent.parent for parent in path.parents if parent.name == "scenarios"), None)
    if root is not None:
        name = path.relative_to(root / "scenarios").with_suffix("").as_posix()
    else:
        root = named if named.is_dir() else named.parent
        name = path.relative_to(root).with_suffix("").as_posix()
    if root == configuration_root():
        return name, ()
    if name in scenario_names():
        raise ConfigError(f"{path}: the library has a scenario named {name} too; give the file another name")
    return name, (f"hydra.searchpath=[{quote(f'file://{root}')}]",)
