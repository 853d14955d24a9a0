"""Every kind of input that simengine reads: what right ones there are, how they are changed, and what reads them."""

import contextlib
import io
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from simengine.core.errors import ConfigError
from tools.checks.fuzz import samples
from tools.checks.fuzz.byte_changes import change_bytes
from tools.checks.fuzz.reading import Case

Make = Callable[[random.Random, Path], Case]  # from chance and an empty folder to a changed input in it


class Subject(NamedTuple):
    """One kind of input."""

    prepare: Callable[[Path, Path | None], Make]  # reads a right one first; a folder and an episode of one's own
    composes: bool = False  # scenarios or settings, which takes longer than reading bytes


def _told(errors: list[str]) -> None:
    if errors:
        raise ConfigError(errors[0])


def _episode_bytes(scratch: Path, given: Path | None) -> Make:
    from tools.checks.fuzz.uses import QUICK, READ, use

    kept = [samples.episode(scratch, full, given) for full in (False, True)]
    for path in kept:
        use(path, scratch / "use", QUICK)
    contents = [path.read_bytes() for path in kept]

    def make(chance: random.Random, folder: Path) -> Case:
        which = chance.random() < 0.3
        path = folder / kept[which].name
        path.write_bytes(change_bytes(contents[which], chance, contents[not which]))
        uses = QUICK if chance.random() < 0.02 else READ
        return Case(lambda: _told(use(path, folder / "use", uses)), path.stat().st_size, "bytes of an episode")

    return make


def _episode_contents(scratch: Path, given: Path | None) -> Make:
    from tools.checks.fuzz.episodes import changed, put_together, take_apart
    from tools.checks.fuzz.uses import QUICK, READ, use

    kept = [samples.episode(scratch, full, given) for full in (False, True)]
    for path in kept:
        use(path, scratch / "use", QUICK)
    parts = [take_apart(path) for path in kept]

    def make(chance: random.Random, folder: Path) -> Case:
        which = chance.random() < 0.3
        path = folder / kept[which].name
        wrong, shown = changed(parts[which], chance)
        put_together(wrong, path)
        uses = QUICK if chance.random() < 0.02 else READ
        return Case(lambda: _told(use(path, folder / "use", uses)), path.stat().st_size, shown)

    return make


def _index(scratch: Path, given: Path | None) -> Make:
    from simengine.simulation.dataset.index import EPISODES, INDEX, refresh_index
    from tools.checks.fuzz.indexes import change_index
    from tools.checks.fuzz.uses import use_index

    (scratch / EPISODES).mkdir(exist_ok=True)
    found = samples.episode(scratch / EPISODES, False, given)
    if given is not None:
        shutil.copy(found, scratch / EPISODES)
    refresh_index(scratch, {})
    content = (scratch / INDEX).read_bytes()
    use_index(scratch)

    def make(chance: random.Random, folder: Path) -> Case:
        (folder / EPISODES).symlink_to(scratch / EPISODES)
        path, shown = folder / INDEX, "bytes"
        path.write_bytes(content)
        if chance.random() < 0.5:
            shown = change_index(path, chance)
        else:
            path.write_bytes(change_bytes(content, chance))
        return Case(lambda: _told([text] if (text := use_index(folder)) else []), path.stat().st_size, shown)

    return make


def _maps(pattern: str, reader: Callable[[Path], Any], scratch: Path) -> Make:
    from tools.checks.fuzz.xml_trees import change_xml

    kept = samples.files(pattern)
    for name, content in kept:
        (scratch / name).write_bytes(content)
        reader(scratch / name)

    def make(chance: random.Random, folder: Path) -> Case:
        (name, content), (_, other) = chance.choice(kept), chance.choice(kept)
        kind = chance.random()
        if kind < 0.65:
            content = change_xml(content, chance)
        if kind > 0.6:
            content = change_bytes(content, chance, other)
        path = folder / name
        path.write_bytes(content)
        return Case(lambda: reader(path), len(content), name)

    return make


def _opendrive(scratch: Path, _: Path | None) -> Make:
    from simengine.road.opendrive import read_opendrive

    return _maps("tests/road/fixtures/*.xodr", read_opendrive, scratch)


def _commonroad(scratch: Path, _: Path | None) -> Make:
    from simengine.road.commonroad import read_commonroad

    return _maps("tests/road/fixtures/*.xml", read_commonroad, scratch)


def _changed_text(content: bytes, chance: random.Random, other: bytes) -> bytes:
    from tools.checks.fuzz.scenarios import dump, mutate, mutate_text

    kind = chance.random()
    if kind < 0.3:
        return dump(mutate(yaml.load(content, yaml.CSafeLoader), chance)).encode("utf-8", "surrogatepass")
    if kind < 0.5:
        return mutate_text(content.decode(), chance).encode("utf-8", "surrogatepass")
    return change_bytes(content, chance, other)


def _settings(scratch: Path, _: Path | None) -> Make:
    from simengine.scenario.config_folders import YamlFolder

    kept = samples.settings_files()

    def make(chance: random.Random, folder: Path) -> Case:
        (name, content), (_, other) = chance.choice(kept), chance.choice(kept)
        content = _changed_text(content, chance, other)
        (folder / f"{name}.yaml").write_bytes(content)
        source = YamlFolder("user", f"{YamlFolder.scheme()}://{folder}")
        return Case(lambda: source.load_config(name), len(content), name)

    for number in range(20):
        with contextlib.suppress(ConfigError):
            make(random.Random(number), scratch).read()
    return make


def _concrete(scratch: Path, _: Path | None) -> Make:
    from simengine.scenario.sampling import load_scenario, read_concrete, to_yaml

    names = ("highway/cut_in", "urban/jaywalker", "warehouse/person_steps_out", "drive")
    kept = [to_yaml(load_scenario(name, seed=1)).encode() for name in names]
    path = scratch / "concrete.yaml"
    for content in kept:
        path.write_bytes(content)
        read_concrete(path)

    def make(chance: random.Random, folder: Path) -> Case:
        content, other = chance.choice(kept), chance.choice(kept)
        content = _changed_text(content, chance, other)
        path = folder / "concrete.yaml"
        path.write_bytes(content)
        return Case(lambda: read_concrete(path), len(content), "concrete scenario")

    return make


_OVERRIDES = (
    "scenario=urban/jaywalker", "weather.rain_rate=12", "weather.optical_range={uniform: [50, 200]}", "episodes=4",
    "+sensors.lidar_left=${sensors.lidar_top}", "sensors.lidar_left.mount.position=[1.0, 0.8, 1.9]", "~traffic",
    "hydra.searchpath=[file://folder]", "output='a (b)'", 'output="x y"', "weather=clear,night,fog", "seed=range(1,9)",
    "recorder.leave_out=[scene,map_lines,camera_front/depth]", "export=kitti,coco", "export.validation=0.2",
    "++ego.speed=1e1", "traffic.density=choice(1,2)", "road.file=maps/town.xodr", "physics=batched", "env.lanes=3",
)  # fmt: skip
_COMMANDS = (
    ("list",), ("generate", "-m", "scenario=urban/jaywalker", "weather=clear,night"), ("generate", "episodes=4"),
    ("replay", "folder", "--workers", "2"), ("verify", "file.mcap"), ("test", "scenarios/urban", "--junit", "r.xml"),
    ("test", "scenarios/urban", "--step-limit", "3.5", "workers=1"), ("export", "folder", "format=kitti", "output=x"),
    ("fit", "a.xml", "rounds=2"), ("train", "env=highway", "seed=1"), ("evaluate", "env=highway", "agent=a.zip"),
    ("generate", "export=kitti", "export.camera=camera_front", "output=x"), ("--version",), ("generate", "--help"),
)  # fmt: skip


def _changed_word(word: str, chance: random.Random) -> str:
    """Return a word as a shell may pass it on: any bytes but zeros, which Python holds as surrogates."""
    content = change_bytes(word.encode("utf-8", "surrogateescape"), chance, chance.choice(_OVERRIDES).encode())
    return content.replace(b"\0", b"")[:30_000].decode("utf-8", "surrogateescape")


def _overrides(scratch: Path, _: Path | None) -> Make:
    from simengine.scenario.compose import parse_overrides

    parse_overrides(_OVERRIDES[:2])

    def make(chance: random.Random, folder: Path) -> Case:
        text = _changed_word(chance.choice(_OVERRIDES), chance)
        return Case(lambda: parse_overrides([text]), len(text), ascii(text))

    return make


def _command_lines(scratch: Path, _: Path | None) -> Make:
    from simengine.cli import _parser
    from simengine.core.command_line import read_words
    from simengine.export.after_generating import split_export
    from simengine.scenario.override_text import split_settings

    def read(words: list[str]) -> None:
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
                found = read_words(_parser(), words)
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

    def make(chance: random.Random, folder: Path) -> Case:
        words = list(chance.choice(_COMMANDS))
        for _ in range(chance.choice((1, 1, 2, 4))):
            place = chance.randrange(len(words) + 1)
            kind = chance.choice(("change", "change", "put", "drop", "swap"))
            if kind == "change" and place < len(words):
                words[place] = _changed_word(words[place], chance)
            elif kind == "put":
                words.insert(
                    place, chance.choice((*chance.choice(_COMMANDS), *_OVERRIDES, "--", "-", "", "--workers=-1"))
                )
            elif place < len(words):
                del words[place]
        return Case(lambda: read(words), sum(map(len, words)), ascii(words))

    read(["generate", "episodes=4"])
    return make


def _checkpoints(scratch: Path, _: Path | None) -> Make:
    from simengine.learning.ppo import load_policy
    from tools.checks.fuzz.checkpoints import write_checkpoint

    def make(chance: random.Random, folder: Path) -> Case:
        path = folder / "policy.zip"
        shown = write_checkpoint(path, chance)
        return Case(lambda: load_policy(path), path.stat().st_size, shown)

    for number in range(20):
        with contextlib.suppress(ConfigError):
            make(random.Random(number), scratch).read()
    return make


def _scenarios(scratch: Path, _: Path | None) -> Make:
    from tools.checks.fuzz.scenarios import case

    def make(chance: random.Random, folder: Path) -> Case:
        read, shown = case(chance, folder)
        return Case(read, len(shown), shown)

    for number in range(10):
        with contextlib.suppress(ValueError):
            make(random.Random(number), scratch).read()
    return make


SUBJECTS: dict[str, Subject] = {
    "episodes": Subject(_episode_bytes),
    "episode-contents": Subject(_episode_contents),
    "index": Subject(_index),
    "opendrive": Subject(_opendrive),
    "commonroad": Subject(_commonroad),
    "settings": Subject(_settings),
    "concrete": Subject(_concrete),
    "overrides": Subject(_overrides),
    "command-lines": Subject(_command_lines),
    "checkpoints": Subject(_checkpoints),
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
