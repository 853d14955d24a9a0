"""Mutated checkpoints: they load as a policy, or one `ConfigError` says what is wrong; nothing in them is run."""

import copy
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
from tools.checks.fuzz.scenarios import Fault, judge, mutate

_ENV, _SETTINGS, _HIDDEN = "simengine/Highway-v0", {"vehicles": 6, "lanes": 3, "ring_length": 150.0}, [8]


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


def _changed_within(content: bytes, draw: random.Random) -> bytes:
    """Change a member of the zip that holds the tensors, so that its checksums are right again."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as one, zipfile.ZipFile(changed, "w") as other:
        names = one.namelist()
        chosen = draw.choice((next(name for name in names if name.endswith("data.pkl")), draw.choice(names)))
        for name in names:
            member = one.read(name)
            other.writestr(name, change_bytes(member, draw) if name == chosen else member)
    return changed.getvalue()


def write_checkpoint(path: Path, draw: random.Random) -> str:
    """Write a mutated checkpoint; returns what it holds, in words."""
    settings: Any = {"format": 1, "env": _ENV, "env_settings": dict(_SETTINGS), "hidden": list(_HIDDEN)}
    weights: Any = dict(_weights())
    kind = draw.choice(("settings", "settings", "weights", "weights", "bytes", "members", "text", "within", "packed"))
    if kind == "settings":
        settings = mutate(copy.deepcopy(settings), draw)
    elif kind == "weights":
        weights = _mutated(weights, draw)
    stored = io.BytesIO()
    torch.save(weights, stored)
    text, content = json.dumps(settings), stored.getvalue()
    if kind == "within":
        content = _changed_within(content, draw)
    if kind == "text":
        digits = '{"format": ' + "9" * 5_000 + "}"
        text = draw.choice(("", "[]", "null", "{", "[" * 100_000, digits, '{"format": NaN}', "\0"))
    names = ["settings.json", "weights.pt"]
    if kind == "members":
        names[draw.randrange(2)] = draw.choice(("../x", "SETTINGS.JSON", "weights", "/"))
    with zipfile.ZipFile(path, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, member in zip(names, (text, content), strict=True):
            archive.writestr(name, member)
    if kind == "packed":
        names += [draw.choice(("settings.json", "weights.pt", "more"))]
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings(action="ignore"):
            archive.writestr(names[-1], b"\0" * draw.choice((1, 1 << 20, 100 << 20)))
    if kind == "bytes":
        raw = bytearray(path.read_bytes())
        for _ in range(draw.randint(1, 20)):
            raw[draw.randrange(len(raw))] = draw.randrange(256)
        path.write_bytes(raw[: draw.randint(0, len(raw))] if draw.random() < 0.3 else raw)
    return f"{kind}: {text[:300]}"


def try_checkpoint(seed: int) -> tuple[str, Fault | None]:
    """Load the mutated checkpoint of a seed; returns `taken` or `refused`, and a fault if it ended otherwise."""
    with tempfile.TemporaryDirectory(prefix="simengine-fuzz-") as folder:
        path = Path(folder, "policy.zip")
        shown = write_checkpoint(path, random.Random(seed))
        return judge(seed, lambda: load_policy(path), shown)
