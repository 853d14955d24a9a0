"""`simengine export`: settings from the command line, then one exporter."""

from simengine.core.errors import ConfigError, blame, nearest
from simengine.core.text.bounded_files import home_path
from simengine.core.text.printable_text import say
from simengine.export.registry import exporter, formats
from simengine.simulation.dataset.dataset import Dataset


def export(folder: str, settings: list[str]) -> int:
    """Write a dataset in another format; returns the exit code 0.

    Args:
        folder: A dataset that `generate` wrote.
        settings: `format=…`, `output=…` and the format's own, as `key=value`.

    Raises:
        ConfigError: A wrong setting, a folder that is no dataset or cannot be written.
    """
    given: dict[str, str] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise ConfigError(f'"{text}" is not a setting of the form key=value')
        if name in given:
            raise ConfigError(f"{name}: it is given twice")
        given[name] = value
    for name, example in (("format", "|".join(formats())), ("output", "FOLDER")):
        if name not in given:
            raise ConfigError(f"{name}: this setting is missing{nearest(name, list(given))}; give {name}={example}")
    name = given.pop("format")
    write = exporter(name)
    output = home_path(given.pop("output"))
    with blame(write, f"format = {name}:"):
        report = write(Dataset(folder), output, given)
    say(f"{output}: {report}")
    return 0
