"""What is usual for drivers in everyday traffic, for what is compared with it."""

from functools import cache

from simengine.scenario.sampling import load_scenario
from simengine.scenario.spec import DriverKinds


@cache
def usual_kinds() -> DriverKinds:
    """Return `traffic.driver_kinds` of `traffic=normal`."""
    return load_scenario("drive", ["traffic=normal"]).traffic.driver_kinds
