"""Errors that a user can cause: each names the place, the value and what is allowed."""


class ScenarioError(ValueError):
    """A scenario, road or recording that cannot be used."""


class ConfigError(ValueError):
    """A setting or option that cannot be used."""
