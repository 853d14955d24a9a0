"""Registers the environments for every test of this folder."""

import pytest

from simengine.envs.registration import register_envs


@pytest.fixture(autouse=True, scope="session")
def registered() -> None:
    register_envs()
