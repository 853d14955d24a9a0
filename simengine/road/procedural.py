"""Roads made by procedure: a street, a four-way intersection, a warehouse."""

from simengine.road.intersection import make_intersection
from simengine.road.street import make_street
from simengine.road.warehouse import Box, make_warehouse, warehouse_fittings, warehouse_walls

__all__ = ["Box", "make_intersection", "make_street", "make_warehouse", "warehouse_fittings", "warehouse_walls"]
