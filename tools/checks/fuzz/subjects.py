"""Every kind of input that simengine reads: what right ones there are, how they are changed, and what reads them."""

import contextlib
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ConfigError
from tools.checks.fuzz import contents, samples
from tools.checks.fuzz.contents import OVERRIDES, Content, changed_word
from tools.checks.fuzz.reading import ChangedInput

Make = Callable[[random.Random, Path], ChangedInput]  # from chance and a folder to a changed input in it


class Subject(NamedTuple):
    """One kind of input."""

    prepare: Callable[[Path, Path | None], Make]  # reads a right one first; a folder and an episode of one's own
    composes: bool = False  # scenarios or settings, which takes longer than reading bytes
    content: Callable[[Path, Path | None], Content] | None = None  # if an input is the content of one file or word


def of_content(prepare: Callable[[Path, Path | None], Content]) -> Subject:
    """Return a kind of which an input is the content of one file or one word."""
    return Subject(lambda scratch, given: make_of(prepare(scratch, given)), content=prepare)


def make_of(content: Content) -> Make:
    """Return what makes inputs of right contents."""

    def make(chance: random.Random, folder: Path) -> ChangedInput:
        return case_of(content, content.change(chance.choice(content.right), chance), folder)

    return make


def case_of(content: Content, changed: bytes, folder: Path) -> ChangedInput:
    """Return an input as the file that it is.

    Args:
        content: Its kind.
        changed: What the file holds.
        folder: For the file.
    """
    path = folder / content.name
    path.write_bytes(changed)
    return ChangedInput(lambda: content.read(path), len(changed), content.name)


def _episode_contents(scratch: Path, given: Path | None) -> Make:
    from tools.checks.fuzz.episodes import changed, put_together, take_apart
    from tools.checks.fuzz.uses import QUICK, READ, use

    kept = [samples.episode(scratch, full, given) for full in (False, True)]
    for path in kept:
        use(path, scratch / "use", QUICK)
    parts = [take_apart(path) for path in kept]

    def make(chance: random.Random, folder: Path) -> ChangedInput:
        which = chance.random() < 0.3
        path = folder / kept[which].name
        wrong, shown = changed(parts[which], chance)
        put_together(wrong, path)
        uses = QUICK if chance.random() < 0.02 else READ
        return ChangedInput(lambda: contents.tell(use(path, folder / "use", uses)), path.stat().st_size, shown)

    return make


_COMMANDS = (
    ("list",), ("generate", "-m", "scenario=urban/jaywalker", "weather=clear,night"), ("generate", "episodes=4"),
    ("replay", "folder", "--workers", "2"), ("verify", "file.mcap"), ("test", "scenarios/urban", "--junit", "r.xml"),
    ("test", "scenarios/urban", "--step-limit", "3.5", "workers=1"), ("export", "folder", "format=kitti", "output=x"),
    ("fit", "a.xml", "rounds=2"), ("train", "env=highway", "seed=1"), ("evaluate", "env=highway", "agent=a.zip"),
    ("generate", "export=kitti", "export.camera=camera_front", "output=x"), ("--version",), ("generate", "--help"),
)  # fmt: skip


def _command_lines(scratch: Path, _: Path | None) -> Make:
    from simengine.cli import _parser
    from simengine.core.text.command_line import read_words
    from simengine.export.after_generating import split_export
    from simengine.scenario.override_text import split_settings

    parser = _parser()  # making it takes longer than what it reads

    def read(words: list[str]) -> None:
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
                found = read_words(parser, words)
        except SystemExit as error:
            if error.code == 0:
                return
            line = said.getvalue()
            if error.code != 2 or line.count("\n") != 1 or not line.startswith("simengine"):
                raise AssertionError(f"exit code {error.code} and {line[:300]!r}") from None
            raise ConfigError(line.strip()) from None
        if hasattr(found, "paths"):
            split_settings(found.paths)
        if hasattr(found, "multirun"):
            split_export(found.overrides)

    def make(chance: random.Random, folder: Path) -> ChangedInput:
        words = list(chance.choice(_COMMANDS))
        for _ in range(chance.choice((1, 1, 2, 4))):
            place = chance.randrange(len(words) + 1)
            kind = chance.choice(("change", "change", "put", "drop", "swap"))
            if kind == "change" and place < len(words):
                words[place] = changed_word(words[place], chance)
            elif kind == "put":
                words.insert(
                    place, chance.choice((*chance.choice(_COMMANDS), *OVERRIDES, "--", "-", "", "--workers=-1"))
                )
            elif place < len(words):
                del words[place]
        return ChangedInput(lambda: read(words), sum(map(len, words)), ascii(words))

    return make


def _scenarios(scratch: Path, _: Path | None) -> Make:
    from tools.checks.fuzz.scenarios import case

    def make(chance: random.Random, folder: Path) -> ChangedInput:
        read, shown = case(chance, folder)
        return ChangedInput(read, len(shown), shown)

    for number in range(10):
        with contextlib.suppress(ValueError):
            make(random.Random(number), scratch).read()
    return make


SUBJECTS: dict[str, Subject] = {
    "episodes": of_content(contents.episodes),
    "episode-contents": Subject(_episode_contents),
    "index": of_content(contents.index),
    "opendrive": of_content(contents.opendrive),
    "commonroad": of_content(contents.commonroad),
    "settings": of_content(contents.settings),
    "concrete": of_content(contents.concrete),
    "overrides": of_content(contents.overrides),
    "command-lines": Subject(_command_lines),
    "checkpoints": of_content(contents.checkpoints),
    "scenarios": Subject(_scenarios, composes=True),
}
TITLES = {
    "episodes": "episodes (MCAP): bytes",
    "episode-contents": "episodes: contents, with right checksums",
    "index": "`index.parquet`",
    "opendrive": "OpenDRIVE (`.xodr`)",
    "commonroad": "CommonRoad (`.xml`): lanelets, recordings, problems",
    "settings": "YAML of options and scenarios (`conf/`, `scenarios/`, a user's folder)",
    "concrete": "YAML of concrete scenarios",
    "overrides": "settings on the command line",
    "command-lines": "whole command lines",
    "checkpoints": "checkpoints (zip, JSON, tensors)",
    "scenarios": "scenarios composed and drawn",
}  # of the rows on the page
