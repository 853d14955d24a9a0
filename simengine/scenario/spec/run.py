"""How a scenario is run and stored."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from simengine.scenario.spec.base import Spec


class PhysicsSpec(Spec):
    """Which physics runs the scenario, and how finely."""

    backend: Literal["bullet", "batched"]
    rate_hz: Annotated[int, Field(ge=20, le=2_000)]  # ticks
    control_rate_hz: Annotated[int, Field(ge=1, le=1_000)]  # behaviors decide; divides rate_hz
    model: Literal["dynamic", "kinematic"]  # of `batched`
    hold_after: Annotated[float, Field(ge=0.0, le=60.0)]  # seconds the episode goes on after a collision of the ego


class RecorderSpec(Spec):
    """How an episode is stored."""

    image: Literal["jpeg", "lossless"]
    jpeg_quality: Annotated[int, Field(ge=1, le=100)]
    depth: Literal["uint16", "float32", "none"]
    video: StrictBool  # preview.mp4
    preview_episodes: Annotated[int, Field(ge=0, le=64)]  # rows of preview.png
    leave_out: tuple[str, ...] = ()  # topics and channels, see `simengine.simulation.episode.leaving_out`
