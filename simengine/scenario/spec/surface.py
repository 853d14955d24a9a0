"""What the road is made of."""

from typing import Annotated

from pydantic import Field, model_validator

from simengine.scenario.spec.base import Contradiction, Spec

_Friction = Annotated[float, Field(gt=0.0, le=1.5)]


class SurfaceSpec(Spec):
    """Friction coefficients between the road and tires; see `simengine.core.surface_friction.Surface`."""

    dry: _Friction
    dry_sliding: _Friction
    wet: _Friction
    wet_sliding: _Friction

    @model_validator(mode="after")
    def _sliding_no_more_than_the_greatest(self) -> "SurfaceSpec":
        pairs = (("dry", self.dry, self.dry_sliding), ("wet", self.wet, self.wet_sliding))
        wrong = [
            f"{{}}{name} = {greatest:g}: must be at least {{}}{name}_sliding = {sliding:g}"
            for name, greatest, sliding in pairs
            if sliding > greatest
        ]
        if wrong:
            raise Contradiction(f"{', '.join(wrong)}; set both, or choose another surface, as in surface=ice")
        return self
