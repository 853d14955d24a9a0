"""Mutated checkpoints: they load as a policy, or one `ConfigError` says what is wrong; nothing in them is run."""

import io
import json
import random
import tempfile
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import gymnasium as gym
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from simengine.learning.ppo import load_policy
from tools.checks.fuzz.byte_changes import change_bytes
from tools.checks.fuzz.judging import Fault, judge
from tools.checks.fuzz.scenarios import mutate

_ENV, _SETTINGS, _HIDDEN = "simengine/Highway-v0", {"vehicles": 6, "lanes": 3, "ring_length": 150.0}, [8]
_UNPACKED = 16 << 20  # of a checkpoint whose members are changed [bytes]


class _Code:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("code of a checkpoint ran",))


@lru_cache(maxsize=1)
def _weights() -> dict[str, torch.Tensor]:
    envs = gym.make_vec(_ENV, num_envs=1, **_SETTINGS)
    spaces = envs.single_observation_space, envs.single_action_space
    policy = ActorCriticPolicy(*spaces, lambda left: 0.0, net_arch=_HIDDEN)
    envs.close()
    return dict(policy.state_dict())


def _mutated(weights: dict[str, torch.Tensor], draw: random.Random) -> Any:
    name = draw.choice(sorted(weights))
    value = weights[name]
    changed: list[Any] = [
        value.double(), value.int(), value.to(torch.complex64), value.bool(), value.half(), value[:0],
        value.flatten(), value.mT if value.dim() > 1 else value[None],
        value * float("nan"), value + float("inf"), torch.zeros(1).expand(1 << 30),
        torch.zeros(value.shape).to_sparse(),
        torch.zeros(value.shape, device="meta"), torch.nn.Parameter(value), value.tolist(), None, "x", _Code(), {},
        torch.zeros((4_096, 64)),
    ]  # fmt: skip
    return draw.choice((
        {**weights, name: draw.choice(changed)}, {**weights, name: draw.choice(changed)},
        {key: one for key, one in weights.items() if key != name},
        {**weights, "more": value}, {**weights, 3: value}, list(weights.values()), value, None, {}, _Code(),
    ))  # fmt: skip


def _packed(members: dict[str, bytes | str], how: int = zipfile.ZIP_STORED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", how) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return written.getvalue()


def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > _UNPACKED:
            raise zipfile.BadZipFile("larger than what is changed")
        return {name: archive.read(name) for name in archive.namelist()}


def _stored(weights: Any) -> bytes:
    stored = io.BytesIO()
    torch.save(weights, stored)
    return stored.getvalue()


@lru_cache(maxsize=1)
def right_checkpoint() -> bytes:
    """Return a checkpoint that loads."""
    return _packed({"settings.json": json.dumps(_settings()), "weights.pt": _stored(_weights())})


@lru_cache(maxsize=9)
def _with_more(name: str, size: int) -> bytes:
    """Return a checkpoint with one more member of nothing but zeros, which takes up to a second to pack."""
    written = io.BytesIO(right_checkpoint())
    archive = zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, warnings.catch_warnings(action="ignore"):
        archive.writestr(name, b"\0" * size)
    return written.getvalue()


def _settings() -> Any:
    return {"format": 1, "env": _ENV, "env_settings": dict(_SETTINGS), "hidden": list(_HIDDEN)}


def _change_within(content: bytes, draw: random.Random) -> bytes:
    """Change the settings, or a member of the zip that holds the tensors, so that all checksums are right again."""
    members = _unpacked(content)
    name = draw.choice((*members, "weights.pt"))
    if name != "weights.pt":
        members[name] = change_bytes(members[name], draw)
        return _packed(dict(members))
    inner = _unpacked(members[name])
    pickles = [one for one in inner if one.endswith("data.pkl")]
    changed = draw.choice((*pickles, draw.choice(list(inner))))
    inner[changed] = change_bytes(inner[changed], draw)
    members[name] = _packed(dict(inner))
    return _packed(dict(members))


def change_checkpoint(content: bytes, draw: random.Random) -> bytes:
    """Return a changed checkpoint.

    Args:
        content: What bytes and members are changed of; settings and tensors are those of the right one.
        draw: Chooses the change.
    """
    kinds = ("settings", "settings", "weights", "weights", "bytes", "members", "text", "within", "within", "more")
    kind = draw.choice(kinds)
    if kind == "bytes":
        return change_bytes(content, draw, right_checkpoint())
    if kind == "within":
        try:
            return _change_within(content, draw)
        except Exception:  # what is changed may be no zip at all, in as many ways as there are
            return change_bytes(content, draw, right_checkpoint())
    if kind == "more":
        return _with_more(draw.choice(("settings.json", "weights.pt", "more")), draw.choice((1, 1 << 20, 100 << 20)))
    settings, weights, names = _settings(), _weights(), ["settings.json", "weights.pt"]
    if kind == "settings":
        settings = mutate(settings, draw)
    elif kind == "members":
        names[draw.randrange(2)] = draw.choice(("../x", "SETTINGS.JSON", "weights", "/"))
    text = json.dumps(settings)
    if kind == "text":
        digits = '{"format": ' + "9" * 5_000 + "}"
        text = draw.choice(("", "[]", "null", "{", "[" * 100_000, digits, '{"format": NaN}', "\0"))
    how = draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    stored = _stored(_mutated(weights, draw) if kind == "weights" else weights)
    return _packed(dict(zip(names, (text, stored), strict=True)), how)


def try_checkpoint(seed: int) -> tuple[str, Fault | None]:
    """Load the changed checkpoint of a seed; returns `taken` or `refused`, and a fault if it ended otherwise."""
    with tempfile.TemporaryDirectory(prefix="simengine-fuzz-") as folder:
        path = Path(folder, "policy.zip")
        path.write_bytes(change_checkpoint(right_checkpoint(), random.Random(seed)))
        return judge(seed, lambda: load_policy(path), "checkpoint")
