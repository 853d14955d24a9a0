"""`simengine/Highway-v0`: drive fast and safely through the traffic of a ring highway."""

from simengine.envs.highway.environment import HighwayEnv, HighwayVectorEnv

__all__ = ["HighwayEnv", "HighwayVectorEnv"]
