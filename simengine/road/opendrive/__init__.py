"""Read road networks from OpenDRIVE files (ASAM OpenDRIVE 1.4–1.8, lateral shapes included, without railways)."""

from pathlib import Path
from typing import NamedTuple

from simengine.core.errors import ScenarioError
from simengine.road.build import build_network
from simengine.road.files.datum import map_bounds
from simengine.road.files.remarks import list_remarks
from simengine.road.files.xml import read_xml
from simengine.road.network.network import RoadNetwork
from simengine.road.opendrive.georeference import read_datum
from simengine.road.opendrive.lanes.drafts import draw_lanes
from simengine.road.opendrive.lanes.links import link_lanes, set_turns
from simengine.road.opendrive.parsing.parse import parse_opendrive
from simengine.road.opendrive.signals.crossings import draw_crossings, hold_before_crossings
from simengine.road.opendrive.signals.programs import draw_lights
from simengine.road.opendrive.signals.signals import draw_signs, draw_stop_lines, read_signals, set_priorities


class OpenDriveMap(NamedTuple):
    """Everything an OpenDRIVE file states, in the file's own coordinates."""

    network: RoadNetwork
    remarks: tuple[str, ...]  # what is not as the format says but was tolerated, one line a kind


def read_opendrive(path: str | Path) -> OpenDriveMap:
    """Read an OpenDRIVE file; coordinates stay the file's own.

    Lanes are called `road.stretch.lane`, a stretch being a lane section or the part of one between two changes of speed
    limit; where a lane vanishes and comes back within a stretch, a further number follows.

    What refuses a file and what is left out of it with a remark: `tolerance.py`, `references.py`, `vocabulary.py`.

    Raises:
        ScenarioError: The file cannot be read or holds a value that is not allowed; names file, line, element,
            attribute, value and what is allowed.
    """
    root = read_xml(path, "OpenDRIVE")
    model = parse_opendrive(root)
    lanes = draw_lanes(model)
    link_lanes(model, lanes)
    set_turns(lanes)
    signals = read_signals(model, lanes)
    set_priorities(model, lanes, signals)
    lights = draw_lights(model, lanes, signals)
    crossings = draw_crossings(model, lanes, signals, lights)
    stop_lines = draw_stop_lines(signals)
    hold_before_crossings(stop_lines, crossings, lanes)
    try:
        network = build_network(lanes.drafts, lights, stop_lines, crossings, draw_signs(signals))
    except ScenarioError as error:  # what only shows once all lanes are together
        raise root.error(f"makes no road network: {error}") from None
    network = network._replace(datum=read_datum(root, map_bounds(network.point_position)))
    return OpenDriveMap(network, list_remarks(root.file, root.remarks))
