"""The actor under test."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool

from simengine.scenario.spec.base import Name, Spec, Speed


def _as_text(value: Any) -> Any:
    """Turn a whole number into text: recordings name vehicles by numbers, and a user types them so."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class EgoSpec(Spec):
    """The actor under test and who drives it."""

    kind: Literal["car", "truck", "bus", "motorcycle", "robot"]
    model: Name  # a vehicle of `simengine.physics.vehicle.catalog`
    driver: Name  # a built-in driver or an entry point of `simengine.drivers`
    lane: Annotated[int, Field(ge=0, le=7)]  # 0 is the rightmost driving lane
    position: Annotated[float, Field(ge=0.0, le=100_000.0)]  # along its lane [m]
    speed: Speed  # at the start [m/s]
    desired_speed: Annotated[float, Field(gt=0.0, le=100.0)]  # the built-in driver's [m/s]
    time_gap: Annotated[float, Field(ge=0.3, le=5.0)]  # the built-in driver's [s]
    reaction_time: Annotated[float, Field(ge=0.0, le=3.0)]  # the built-in driver's [s]
    recorded_id: Annotated[str, BeforeValidator(_as_text)]  # of the recorded vehicle that is the ego ("" for none)
    esc: StrictBool | None = None  # stability control; null: as the model has it
    problem: Annotated[str, BeforeValidator(_as_text)]  # id of the planning problem it has ("" for the first)
