"""Register the environments with Gymnasium."""

import gymnasium as gym

NATIVE = {"Highway": ("highway", 200), "Intersection": ("intersection", 300), "WarehouseNavigation": ("warehouse", 400)}
SCENARIO = "simengine/Scenario-v0"  # any scenario; its duration is its own


def register_envs() -> None:
    """Register every `simengine/…` id that is not registered yet; may be called any number of times."""
    for name, (module, max_steps) in NATIVE.items():
        identity = f"simengine/{name}-v0"
        if identity not in gym.registry:
            gym.register(
                identity,
                entry_point=f"simengine.envs.{module}:{name}Env",
                vector_entry_point=f"simengine.envs.{module}:{name}VectorEnv",
                max_episode_steps=max_steps,
            )
    if SCENARIO not in gym.registry:
        gym.register(SCENARIO, entry_point="simengine.envs.scenario:ScenarioEnv")
