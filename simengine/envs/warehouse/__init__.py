"""`simengine/WarehouseNavigation-v0`: drive a robot to a goal among shelves and walking people."""

from simengine.envs.warehouse.environment import WarehouseNavigationEnv, WarehouseNavigationVectorEnv

__all__ = ["WarehouseNavigationEnv", "WarehouseNavigationVectorEnv"]
