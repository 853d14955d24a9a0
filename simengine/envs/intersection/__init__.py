"""`simengine/Intersection-v0`: cross or turn through a four-way intersection with traffic."""

from simengine.envs.intersection.environment import IntersectionEnv, IntersectionVectorEnv

__all__ = ["IntersectionEnv", "IntersectionVectorEnv"]
