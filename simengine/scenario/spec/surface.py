"""What the road is made of."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from simengine.scenario.spec.base import Spec

_Friction = Annotated[float, Field(gt=0.0, le=1.5)]


class SurfaceSpec(Spec):
    """Friction coefficients between the road and tires; see `simengine.core.surface.Surface`."""

    dry: _Friction
    dry_sliding: _Friction
    wet: _Friction
    wet_sliding: _Friction

    @field_validator("dry_sliding", "wet_sliding")
    @classmethod
    def _no_more_than_the_greatest(cls, value: float, info: ValidationInfo) -> float:
        name = str(info.field_name).removesuffix("_sliding")
        greatest = info.data.get(name, value)
        if value > greatest:
            raise ValueError(f"must be at most surface.{name} = {greatest:g}")
        return value
