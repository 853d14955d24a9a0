"""Kinds of input that are the content of a file or a word: right contents, how they are changed, what reads them."""

import random
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from simengine.core.errors import ConfigError
from tools.checks.fuzz import samples
from tools.checks.fuzz.byte_changes import change_bytes

_SELDOM = 50  # one episode in so many is exported too
_LONGEST_WORD = 30_000  # bytes
_STRUCTURED = 1 << 20  # beyond which only bytes are changed [bytes]


class Content(NamedTuple):
    """One kind of input, prepared."""

    name: str  # of the file that is read
    right: list[bytes]  # contents that are taken
    change: Callable[[bytes, random.Random], bytes]  # by bytes and in its structure
    read: Callable[[Path], Any]  # reads the file, in a folder that holds nothing else of use


def tell(errors: list[str]) -> None:
    """Raise the first of some errors."""
    if errors:
        raise ConfigError(errors[0])


def episodes(scratch: Path, given: Path | None) -> Content:
    """Return bytes of episodes, of one's own or recorded without and with sensors."""
    from tools.checks.fuzz.uses import QUICK, READ, use

    kept = [samples.episode(scratch, full, given) for full in (False, True)]
    for path in kept:
        use(path, scratch / "use", QUICK)
    small, full = (path.read_bytes() for path in kept)

    def change(content: bytes, chance: random.Random) -> bytes:
        return change_bytes(content, chance, chance.choice((small, full)))

    def read(path: Path) -> None:
        uses = QUICK if zlib.crc32(path.read_bytes()) % _SELDOM == 0 else READ
        tell(use(path, path.parent / "use", uses))

    return Content("episode.mcap", [small, small, full], change, read)


def index(scratch: Path, given: Path | None) -> Content:
    """Return the index of a dataset of one episode."""
    from simengine.simulation.dataset.index import EPISODES, INDEX, refresh_index
    from tools.checks.fuzz.indexes import changed_index
    from tools.checks.fuzz.uses import use_index

    (scratch / EPISODES).mkdir(exist_ok=True)
    found = samples.episode(scratch / EPISODES, False, given)
    if given is not None:
        shutil.copy(found, scratch / EPISODES)
    refresh_index(scratch, {})
    use_index(scratch)

    def change(content: bytes, chance: random.Random) -> bytes:
        return changed_index(content, chance) if chance.random() < 0.5 else change_bytes(content, chance)

    def read(path: Path) -> None:
        beside = path.parent / EPISODES
        if not beside.is_symlink():
            beside.symlink_to(scratch / EPISODES)
        error = use_index(path.parent)
        tell([error] if error else [])

    return Content(INDEX, [(scratch / INDEX).read_bytes()], change, read)


def _maps(pattern: str, name: str, reader: Callable[[Path], Any], scratch: Path) -> Content:
    from tools.checks.fuzz.xml_trees import change_xml

    right = [content for _, content in samples.files(pattern)]
    for content in right:
        (scratch / name).write_bytes(content)
        reader(scratch / name)

    def change(content: bytes, chance: random.Random) -> bytes:
        kind = chance.random()
        if kind < 0.65:
            content = change_xml(content, chance)
        return change_bytes(content, chance, chance.choice(right)) if kind > 0.6 else content

    return Content(name, right, change, reader)


def opendrive(scratch: Path, _: Path | None) -> Content:
    """Return road networks in OpenDRIVE."""
    from simengine.road.opendrive import read_opendrive

    return _maps("tests/road/fixtures/*.xodr", "map.xodr", read_opendrive, scratch)


def commonroad(scratch: Path, _: Path | None) -> Content:
    """Return road networks and recordings of CommonRoad."""
    from simengine.road.commonroad import read_commonroad

    return _maps("tests/road/fixtures/*.xml", "map.xml", read_commonroad, scratch)


def _change_text(content: bytes, chance: random.Random, other: bytes) -> bytes:
    from tools.checks.fuzz.scenarios import dump, mutate, mutate_text

    kind = chance.random()
    if kind < 0.3 and b"*" not in content and len(content) < _STRUCTURED:  # aliases may stand for any number of values
        return dump(mutate(yaml.load(content, yaml.CSafeLoader), chance)).encode("utf-8", "surrogatepass")
    if kind < 0.5:
        return mutate_text(content.decode(), chance).encode("utf-8", "surrogatepass")
    return change_bytes(content, chance, other)


def settings(scratch: Path, _: Path | None) -> Content:
    """Return files of options and scenarios."""
    from simengine.scenario.config_folders import YamlFolder

    right = [content for _, content in samples.settings_files()]

    def read(path: Path) -> None:
        YamlFolder("user", f"{YamlFolder.scheme()}://{path.parent}").load_config(path.stem)

    def change(content: bytes, chance: random.Random) -> bytes:
        return _change_text(content, chance, chance.choice(right))

    return Content("changed.yaml", right, change, read)


def concrete(scratch: Path, _: Path | None) -> Content:
    """Return concrete scenarios."""
    from simengine.scenario.sampling import load_scenario, read_concrete, to_yaml

    names = ("highway/cut_in", "urban/jaywalker", "warehouse/person_steps_out", "drive")
    right = [to_yaml(load_scenario(name, seed=1)).encode() for name in names]

    def change(content: bytes, chance: random.Random) -> bytes:
        return _change_text(content, chance, chance.choice(right))

    return Content("concrete.yaml", right, change, read_concrete)


OVERRIDES = (
    "scenario=urban/jaywalker", "weather.rain_rate=12", "weather.optical_range={uniform: [50, 200]}", "episodes=4",
    "+sensors.lidar_left=${sensors.lidar_top}", "sensors.lidar_left.mount.position=[1.0, 0.8, 1.9]", "~traffic",
    "hydra.searchpath=[file://folder]", "output='a (b)'", 'output="x y"', "weather=clear,night,fog", "seed=range(1,9)",
    "recorder.leave_out=[scene,map_lines,camera_front/depth]", "export=kitti,coco", "export.validation=0.2",
    "++ego.speed=1e1", "traffic.density=choice(1,2)", "road.file=maps/town.xodr", "physics=batched", "env.lanes=3",
)  # fmt: skip


def _as_word(content: bytes) -> str:
    """Return a word as a shell may pass it on: any bytes but zeros, which Python holds as surrogates."""
    return content.replace(b"\0", b"")[:_LONGEST_WORD].decode("utf-8", "surrogateescape")


def changed_word(word: str, chance: random.Random) -> str:
    """Return a word with bytes changed."""
    content = change_bytes(word.encode("utf-8", "surrogateescape"), chance, chance.choice(OVERRIDES).encode())
    return _as_word(content)


def overrides(scratch: Path, _: Path | None) -> Content:
    """Return overrides; the file holds one word."""
    from simengine.scenario.overrides import parse_overrides

    right = [text.encode() for text in OVERRIDES]

    def change(content: bytes, chance: random.Random) -> bytes:
        return change_bytes(content, chance, chance.choice(right))

    return Content("word.txt", right, change, lambda path: parse_overrides([_as_word(path.read_bytes())]))


def checkpoints(scratch: Path, _: Path | None) -> Content:
    """Return checkpoints of policies."""
    from simengine.learning.ppo import load_policy
    from tools.checks.fuzz.checkpoints import change_checkpoint, right_checkpoint

    return Content("policy.zip", [right_checkpoint()], change_checkpoint, load_policy)
