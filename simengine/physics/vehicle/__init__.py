"""Vehicles: catalog, chassis, tires, powertrain, and how they move in the plane."""
