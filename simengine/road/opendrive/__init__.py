"""Read road networks from OpenDRIVE files (ASAM OpenDRIVE 1.4–1.8)."""

from pathlib import Path

from simengine.road.build import build_network
from simengine.road.network import RoadNetwork
from simengine.road.opendrive.lanes import draw_lanes
from simengine.road.opendrive.links import link_lanes, set_turns
from simengine.road.opendrive.parse import parse_opendrive
from simengine.road.xml import read_xml


def read_opendrive(path: str | Path) -> RoadNetwork:
    """Read an OpenDRIVE file."""
    model = parse_opendrive(read_xml(path, "OpenDRIVE"))
    lanes = draw_lanes(model)
    link_lanes(model, lanes)
    set_turns(lanes)
    return build_network(lanes.drafts)
