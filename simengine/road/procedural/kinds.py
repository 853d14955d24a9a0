"""Roads made by procedure: a street, a four-way intersection, a warehouse."""

from simengine.road.procedural.intersection import make_intersection
from simengine.road.procedural.street import make_street
from simengine.road.procedural.warehouse import SolidBox, make_warehouse, warehouse_fittings, warehouse_walls

__all__ = ["SolidBox", "make_intersection", "make_street", "make_warehouse", "warehouse_fittings", "warehouse_walls"]
