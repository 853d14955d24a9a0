"""Where on Earth a scenario takes place."""

from typing import Annotated

from pydantic import Field

from simengine.scenario.spec.base import Spec


class DatumSpec(Spec):
    """Where the origin of the road's coordinates lies, unless the road's file says so itself; WGS 84."""

    latitude_deg: Annotated[float, Field(ge=-90.0, le=90.0)]
    longitude_deg: Annotated[float, Field(ge=-180.0, le=180.0)]
    height: Annotated[float, Field(ge=-12_000.0, le=100_000.0)]  # above the ellipsoid [m]
