"""Which environment a file of settings or a checkpoint may name: a registered one, so that no file chooses code."""

from typing import Any

import gymnasium as gym

from simengine.core.errors import ConfigError, suggest

# Keywords of `gymnasium.make_vec` itself, of which some name code; the rest goes to the environment.
_RESERVED = ("id", "num_envs", "vectorization_mode", "vector_kwargs", "wrappers", "render_mode", "max_episode_steps")


def environment_of(settings: Any, where: str) -> tuple[str, dict[str, Any]]:
    """Return the registered id of an environment and its keywords.

    Args:
        settings: `id` and the environment's own settings.
        where: What to call them in messages.

    Raises:
        ConfigError: Not a mapping with an id, an id that nobody registered, or a keyword of Gymnasium's own.
    """
    if not isinstance(settings, dict) or not all(isinstance(key, str) for key in settings):
        raise ConfigError(f"{where} = {str(settings)[:60]}: must be a mapping of an environment's settings")
    keywords = dict(settings)
    env_id = keywords.pop("id", None)
    # Gymnasium imports whatever module stands before a colon; ids of the registry have none.
    found = gym.registry.get(env_id) if isinstance(env_id, str) else None
    if found is None or found.vector_entry_point is None:
        known = sorted(name for name, spec in gym.registry.items() if spec.vector_entry_point and "simengine/" in name)
        raise ConfigError(f"{where}.id = {str(env_id)[:60]}: no such environment{suggest(str(env_id), known)}")
    for key in keywords:
        if key in _RESERVED:
            raise ConfigError(f"{where}.{key}: no setting of that name; an environment's own are allowed")
    return str(env_id), keywords
