"""Learning: the adapter keeps Stable-Baselines3's contract, training writes what it says, checkpoints hold no code."""

import csv
import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from simengine.core.errors import ConfigError

torch = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from simengine.envs.registration import register_envs  # noqa: E402
from simengine.learning import ppo  # noqa: E402
from simengine.learning.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from simengine.learning.sb3_adapter import VectorEnvAdapter  # noqa: E402

HIGHWAY = "simengine/Highway-v0"
SMALL: dict[str, Any] = {"vehicles": 6, "lanes": 3, "ring_length": 150.0}


@pytest.fixture(autouse=True, scope="module")
def registered() -> None:
    register_envs()
    torch.set_num_threads(1)


def make_agent(**changes: Any) -> ppo.PpoSpec:
    settings = {
        "algorithm": "ppo", "steps": 64, "num_envs": 4, "rollout": 8, "batch": 16, "epochs": 2, "learning_rate": 1e-3,
        "discount": 0.98, "gae_lambda": 0.95, "clip": 0.2, "entropy_weight": 0.0, "hidden": [8], **changes,
    }  # fmt: skip
    return ppo.PpoSpec.model_validate(settings)


def test_the_adapter_reports_ends_as_stable_baselines_expects() -> None:
    envs = gym.make_vec(HIGHWAY, num_envs=4, max_episode_steps=5, driver="built_in", **SMALL)
    adapter = VectorEnvAdapter(envs, seed=3)
    adapter.reset()
    for _ in range(4):
        _, reward, done, infos = adapter.step(np.ones(4, np.int64))
        assert not done.any() and infos == [{}] * 4
    observation, reward, done, infos = adapter.step(np.ones(4, np.int64))
    assert done.all() and reward.shape == (4,)
    for row, info in enumerate(infos):
        assert info["TimeLimit.truncated"] and not np.array_equal(info["terminal_observation"], observation[row])
    assert len(adapter.finished) == 4 and all(row["length"] == 5.0 for row in adapter.finished)


def test_training_writes_a_checkpoint_a_table_and_a_curve(tmp_path: Path) -> None:
    rows: list[ppo.Progress] = []
    path = ppo.train(HIGHWAY, SMALL, make_agent(), tmp_path, 1, rows.append)
    assert [row.steps for row in rows] == [32, 64]
    with (tmp_path / "curve.csv").open() as file:
        assert [int(row["steps"]) for row in csv.DictReader(file)] == [32, 64]
    assert (tmp_path / "curve.png").read_bytes()[:4] == b"\x89PNG"
    policy, env_id, settings = ppo.load_policy(path)
    assert (env_id, settings) == (HIGHWAY, SMALL)
    metrics = ppo.evaluate(env_id, settings, 3, policy)
    assert metrics.episodes == 3 and 0.0 <= metrics.collision_free <= 1.0 and metrics.mean_speed > 0.0
    assert metrics == ppo.evaluate(env_id, settings, 3, policy)


def test_the_same_seed_learns_the_same_weights(tmp_path: Path) -> None:
    first, _ = load_checkpoint(ppo.train(HIGHWAY, SMALL, make_agent(), tmp_path / "a", 5, lambda row: None))
    again, _ = load_checkpoint(ppo.train(HIGHWAY, SMALL, make_agent(), tmp_path / "b", 5, lambda row: None))
    other, _ = load_checkpoint(ppo.train(HIGHWAY, SMALL, make_agent(), tmp_path / "c", 6, lambda row: None))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_the_built_in_driver_is_measured_too() -> None:
    metrics = ppo.evaluate(HIGHWAY, SMALL, 4, None)
    assert metrics.collision_free == 1.0 and metrics.length == 200.0 and metrics.success is None


class _Exploit:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploited"),))


def test_a_checkpoint_that_carries_code_is_refused_and_not_run(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO()
    torch.save({"weight": _Exploit()}, buffer)
    path = tmp_path / "policy.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("settings.json", json.dumps({"format": 1}))
        archive.writestr("weights.pt", buffer.getvalue())
    with pytest.raises(ConfigError, match="not a checkpoint"):
        load_checkpoint(path)
    assert not (tmp_path / "exploited").exists()
    assert pickle.dumps(_Exploit())  # the payload itself is whole


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_what_is_no_checkpoint_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "policy.zip"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not a checkpoint") as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)


def test_a_missing_checkpoint_and_foreign_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_checkpoint(tmp_path / "nowhere.zip")
    path = tmp_path / "policy.zip"
    save_checkpoint(path, {"odd": torch.zeros(3)}, {"env": HIGHWAY, "env_settings": SMALL, "hidden": [8]})
    with pytest.raises(ConfigError, match="hidden"):
        ppo.load_policy(path)
    save_checkpoint(path, {}, {"env": "simengine/Moon-v0", "env_settings": {}, "hidden": [8]})
    with pytest.raises(ConfigError, match="Moon"):
        ppo.load_policy(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"env": "os:simengine/Highway-v0"}, "no such environment"),
        ({"env": ["simengine/Highway-v0"]}, "no such environment"),
        ({"env_settings": []}, "incomplete"),
        ({"env_settings": {"id": "x"}}, "incomplete"),
        ({"env_settings": {"vector_kwargs": {}}}, "no setting of that name"),
        ({"env_settings": {**SMALL, "lanes": True}}, "not true or false"),
        ({"env_settings": {**SMALL, "lanes": 1e9}}, "lanes"),
        ({"hidden": [True]}, "hidden"),
        ({"hidden": [8, 8]}, "hidden"),
        ({"hidden": []}, "hidden"),
        ({"hidden": {"pi": [8]}}, "hidden"),
        ({"hidden": [10**12]}, "hidden"),
    ],
)
def test_settings_of_a_checkpoint_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = tmp_path / "policy.zip"
    settings = {"env": HIGHWAY, "env_settings": SMALL, "hidden": [8], **changes}
    save_checkpoint(path, {"mlp_extractor.policy_net.0.weight": torch.zeros((8, 3))}, settings)
    with pytest.raises(ConfigError, match=words) as caught:
        ppo.load_policy(path)
    assert str(path) in str(caught.value)


def test_weights_that_are_not_those_of_the_policy_are_refused(tmp_path: Path) -> None:
    path = ppo.train(HIGHWAY, SMALL, make_agent(), tmp_path, 1, lambda row: None)
    weights, settings = load_checkpoint(path)
    name = "action_net.weight"
    for changed, words in (
        (weights[name].double(), "float64, not"),
        (weights[name][:1].clone(), "not \\("),
        (weights[name] * float("nan"), "not finite"),
        (torch.zeros(1).expand(1 << 30), "not plain tensors"),
        (torch.zeros(3).to_sparse(), "not plain tensors"),
        (None, "not plain tensors"),
    ):
        save_checkpoint(path, {**weights, name: changed}, settings)
        with pytest.raises(ConfigError, match=words):
            ppo.load_policy(path)
    for other, words in (
        ({key: value for key, value in weights.items() if key != name}, "holds no weights action_net"),
        ({**weights, "more": weights[name]}, "has not, weights more"),
    ):
        save_checkpoint(path, other, settings)
        with pytest.raises(ConfigError, match=words):
            ppo.load_policy(path)


def test_a_pipe_is_no_checkpoint(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "policy.zip")
    for path in (tmp_path / "policy.zip", Path("/dev/zero")):
        with pytest.raises(ConfigError, match="regular file"):
            load_checkpoint(path)
