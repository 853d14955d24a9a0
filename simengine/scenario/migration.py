"""Concrete scenarios of older schema versions, brought up to the present one when they are read.

Version 1 had no `traffic.driver_kinds`: what is usual for drivers of each kind of vehicle stood in the code.
"""

from typing import Any

from simengine.scenario.spec import SCHEMA_VERSION

_NAMES = (
    "max_acceleration", "comfortable_deceleration", "lateral_comfort", "desired_speed", "time_gap", "min_gap",
    "cruising_speed",
)  # fmt: skip
# As version 1 drove: this does not change with the presets of the present version.
_KINDS_OF_1 = {
    "car": (1.8, 2.0, 2.2, 1.0, 1.0, 2.0, None),
    "truck": (0.9, 1.7, 1.4, 0.92, 1.25, 2.5, None),
    "bus": (0.9, 1.7, 1.4, 0.92, 1.25, 2.5, None),
    "motorcycle": (2.3, 2.3, 2.6, 1.0, 1.0, 2.0, None),
    "bicycle": (0.8, 1.6, 1.6, 1.0, 1.0, 1.5, 5.0),
}


def upgrade(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a concrete scenario's mapping as the present version has it; one of no known version as it is."""
    version = tree.get("schema_version")
    if type(version) is not int or version != 1:
        return tree
    tree = {**tree, "schema_version": SCHEMA_VERSION}
    if isinstance(tree.get("traffic"), dict):
        kinds = {kind: dict(zip(_NAMES, row, strict=True)) for kind, row in _KINDS_OF_1.items()}
        tree["traffic"] = {"driver_kinds": kinds, **tree["traffic"]}
    return tree
