"""What all exporters share: settings, the folder that appears only when it is complete, and the split by episodes."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

from simengine.core.errors import ConfigError, nearest, suggest
from simengine.core.text.bounded_files import refuse_no_folder
from simengine.scenario.override_text import as_typed
from simengine.simulation.episode.episode import Episode
from simengine.simulation.files.whole_files import begin_unfinished, new_folder, reason, remove_left_behind


class ExportReport(NamedTuple):
    """What an export wrote, and what it left out and why: nothing is dropped silently."""

    written: dict[str, int]  # counts by name, in the order in which they are told
    left_out: dict[str, int]

    def __str__(self) -> str:
        text = ", ".join(f"{count} {name}" for name, count in self.written.items())
        left = ", ".join(f"{count} {name}" for name, count in self.left_out.items() if count)
        return f"{text}; left out: {left}" if left else text


def check_settings(format_name: str, settings: Mapping[str, str], allowed: Sequence[str]) -> None:
    """Refuse settings that an exporter does not have.

    Raises:
        ConfigError: One is unknown; the message names the nearest.
    """
    for name in settings:
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            said = f"{as_typed(name)}: format={format_name} has no setting of that name{nearest(name, allowed)}"
            raise ConfigError(f"{said}; it has {known}")


def choice(settings: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    """Return a setting that is one of a few words, the first if it is not given.

    Raises:
        ConfigError: It is another word.
    """
    value = settings.get(name, allowed[0])
    if value not in allowed:
        raise ConfigError(f"{name} = {value}{suggest(value, allowed)}")
    return value


def fraction(settings: Mapping[str, str], name: str, default: float) -> float:
    """Return a setting that is a share.

    Raises:
        ConfigError: It is not a number from 0 to 1.
    """
    text = settings.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise ConfigError(f"{name} = {text}: must be a number from 0 to 1")
    return value


def pick_sensor(episode: Episode, settings: Mapping[str, str], name: str, kind: str, channel: str) -> str | None:
    """Return the sensor that a setting names, or else the first one of a kind of channel; None if there is none.

    Raises:
        ConfigError: The named one does not exist or does not measure that.
    """
    able = episode.sensors_with(channel)
    wanted = settings.get(name)
    if wanted is None:
        return able[0] if able else None
    if wanted not in able:
        if wanted in episode.sensors:
            require_recorded(episode, wanted, channel)
        known = ", ".join(able) or "none"
        raise ConfigError(f"{name} = {wanted}{nearest(wanted, able)}: episode {episode.id} has the {kind}s {known}")
    return wanted


def require_recorded(episode: Episode, sensor: str, *channels: str) -> None:
    """Refuse an episode whose recorder left out what a format needs of a sensor ("labels" are all its labels).

    Raises:
        ConfigError: The message names the setting that left it out.
    """
    for frame in episode.frames(sensor)[:1]:
        for channel in channels:
            if channel in frame.left_out:
                raise ConfigError(
                    f"episode {episode.id}: {channel} of {sensor}, which the format needs, was not recorded: "
                    f"{frame.left_out[channel]}; generate it without that setting"
                )


def refuse_blind(episode: Episode, format_name: str, *channels: str) -> NoReturn:
    """Refuse an episode without a camera, or tell that its recorder left out what a camera measured.

    Raises:
        ConfigError: Always.
    """
    for sensor in episode.sensors:
        require_recorded(episode, sensor, *channels)
    raise ConfigError(f"format={format_name} needs a camera; episode {episode.id} has none")


def validation_flags(count: int, share: float) -> list[bool]:
    """Return for each episode whether it is for validation, spread evenly; frames of an episode stay together."""
    return [int((i + 1) * share + 1e-9) > int(i * share + 1e-9) for i in range(count)]


@contextmanager
def fresh_folder(output: Path) -> Iterator[Path]:
    """Give a hidden folder to write into, which takes the name `output` when all is written.

    Raises:
        ConfigError: `output` is not empty, or cannot be written.
    """
    output = Path(output).absolute()
    refuse_no_folder(output, f"output = {output}")
    try:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise ConfigError(f"output = {output}: is there already and not an empty folder; choose a new one")
        with new_folder(output.parent):
            remove_left_behind(output.parent, lambda name: name == output.name)  # of an export that was killed
            hidden, handle = begin_unfinished(output, folder=True)
            try:
                yield hidden
                os.replace(hidden, output)
            finally:
                shutil.rmtree(hidden, ignore_errors=True)
                os.close(handle)
    except OSError as error:
        raise ConfigError(f"output = {output}: cannot be written: {reason(error)}") from None
