"""The command that trains: what it makes before it fails is taken away again."""

import os

import pytest

from simengine.cli import main
from simengine.core.errors import ConfigError

pytest.importorskip("stable_baselines3")

from simengine.learning import ppo  # noqa: E402
from simengine.simulation.files.locks import LOCK  # noqa: E402


def test_a_training_that_fails_leaves_no_folder_and_keeps_others_out_meanwhile(tmp_path, capsys, monkeypatch):
    output, seen = tmp_path / "new" / "run", []

    def fail(env_id, settings, agent, folder, seed, report):
        seen.append(os.listdir(folder))
        raise ConfigError("env.lanes = 0: must be at least 1")

    monkeypatch.setattr(ppo, "train", fail)
    assert main(["train", "env=highway", f"output={output}"]) == 2
    assert seen == [[LOCK]] and os.listdir(tmp_path) == []
    assert capsys.readouterr().err == "simengine: env.lanes = 0: must be at least 1\n"
