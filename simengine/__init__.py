"""simengine: scenarios are data, running them is physics, what comes out explains itself.

Floors, each importing only from those below it:

    5  export  envs  learning  verify
    4  simulation          world, the step loop, episodes, running many
    3  labels  metrics     what is true, what it means
    2  behavior  physics  sensors
    1  road  scenario  assets
    0  core                state, geometry, randomness, weather

The public names are loaded when they are first used. Importing the package registers its environments with Gymnasium.
"""

import importlib
from typing import TYPE_CHECKING, Any

from simengine._interrupts import end_on_interrupt as _end_on_interrupt

_end_on_interrupt()  # until the command listens

from simengine import _numba_cache as _numba_cache  # noqa: E402  sets the kernel cache folder before numba is imported

if TYPE_CHECKING:
    from simengine.behavior.ego.observation import Control, DriverObservation
    from simengine.core.errors import ConfigError, ScenarioError
    from simengine.core.semantics import Semantic
    from simengine.core.state import ActorKind, Behavior, Light
    from simengine.scenario.sampling import load_scenario
    from simengine.scenario.spec import ConcreteScenario
    from simengine.simulation.dataset.dataset import Dataset
    from simengine.simulation.episode.episode import Episode
    from simengine.simulation.loop.execution import simulate
    from simengine.simulation.loop.simulator import Simulator, Snapshot

__version__ = "0.1.0"

_HOMES = {
    "ActorKind": "simengine.core.state",
    "Behavior": "simengine.core.state",
    "ConcreteScenario": "simengine.scenario.spec",
    "ConfigError": "simengine.core.errors",
    "Control": "simengine.behavior.ego.observation",
    "Dataset": "simengine.simulation.dataset.dataset",
    "DriverObservation": "simengine.behavior.ego.observation",
    "Episode": "simengine.simulation.episode.episode",
    "Light": "simengine.core.state",
    "ScenarioError": "simengine.core.errors",
    "Semantic": "simengine.core.semantics",
    "Simulator": "simengine.simulation.loop.simulator",
    "Snapshot": "simengine.simulation.loop.simulator",
    "load_scenario": "simengine.scenario.sampling",
    "simulate": "simengine.simulation.loop.execution",
}
__all__ = [
    "ActorKind",
    "Behavior",
    "ConcreteScenario",
    "ConfigError",
    "Control",
    "Dataset",
    "DriverObservation",
    "Episode",
    "Light",
    "ScenarioError",
    "Semantic",
    "Simulator",
    "Snapshot",
    "__version__",
    "load_scenario",
    "register_envs",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'simengine' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


from simengine.envs.registration import register_envs  # noqa: E402  after the cache folder is set

register_envs()
