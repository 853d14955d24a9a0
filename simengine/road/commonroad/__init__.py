"""Read CommonRoad scenarios (XML formats 2018b and 2020a): lanelet network, recorded obstacles, planning problems."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.road.build import build_network
from simengine.road.commonroad.intersections import apply_intersections
from simengine.road.commonroad.lanelets import Lanelet, read_lanelets
from simengine.road.commonroad.limits import derive_limits
from simengine.road.commonroad.lines import states_lines, usual_lines
from simengine.road.commonroad.location import read_datum
from simengine.road.commonroad.obstacles import pack_still, pack_tracks, read_obstacles
from simengine.road.commonroad.problem import read_problems
from simengine.road.commonroad.regulation import draw_crosswalks, read_lights, read_signs, read_stop_lines
from simengine.road.files.datum import map_bounds
from simengine.road.files.recording import PlanningProblem, RecordedTracks, StillObstacles
from simengine.road.files.remarks import list_remarks
from simengine.road.files.xml import Element, read_xml
from simengine.road.network.network import RoadNetwork, mark_lanes

VERSIONS = ("2018b", "2020a")
_SHOWN = 8  # lanelets of a road that a remark names
_MIN_TIME_STEP, _MAX_TIME_STEP = 1e-4, 60.0  # [s]


class CommonRoadScenario(NamedTuple):
    """Everything a CommonRoad file states, in the file's own coordinates."""

    name: str  # benchmark id
    time_step: float  # [s]
    network: RoadNetwork
    tracks: RecordedTracks
    still: StillObstacles
    problems: tuple[PlanningProblem, ...]
    remarks: tuple[str, ...]  # what was left out or tolerated, one line a kind


def read_commonroad(path: str | Path) -> CommonRoadScenario:
    """Read a CommonRoad file.

    Raises:
        ScenarioError: The file cannot be read, is not of a known version, has no lanelet, or holds a value that is not
            allowed; names file, line, element, value and what is allowed.
    """
    root = read_xml(path, "commonRoad")
    root.choice("commonRoadVersion", VERSIONS)
    time_step = root.number("timeStepSize", _MIN_TIME_STEP, _MAX_TIME_STEP)
    lanelets = read_lanelets(root)
    signs, sign_drafts = read_signs(root, lanelets)
    lights, rank = read_lights(root, lanelets, time_step)
    apply_intersections(root, lanelets, signs)
    lanes = [lanelet.draft for lanelet in lanelets.values() if not lanelet.is_crosswalk]
    stop_lines, crossings = read_stop_lines(lanelets, signs, rank), draw_crosswalks(lanelets)
    try:
        network = build_network(lanes, lights, stop_lines, crossings, sign_drafts)
    except ScenarioError as error:  # what only shows once all lanes are together
        raise root.error(f"makes no road network: {error}") from None
    network = network._replace(datum=read_datum(root, map_bounds(network.point_position)))
    obstacles = read_obstacles(root)
    tracks = pack_tracks(obstacles.tracks, time_step)
    return CommonRoadScenario(
        name=root.string("benchmarkID", ""),
        time_step=time_step,
        network=_complete(root, lanelets, network, tracks),
        tracks=tracks,
        still=pack_still(obstacles.still),
        problems=read_problems(root, lanelets),
        remarks=list_remarks(root.file, root.remarks),
    )


def _complete(root: Element, lanelets: dict[str, Lanelet], network: RoadNetwork, tracks: RecordedTracks) -> RoadNetwork:
    """Return the network with the limits and lines that the file leaves open."""
    stated = np.array([lanelets[str(name)].limited for name in network.lane_name], np.bool_)
    country = root.string("benchmarkID", "").removeprefix("C-")[:3]
    limit, derived = derive_limits(network, tracks, stated, country)
    for road in derived:
        names = [str(name) for name in network.lane_name[road.lanes]]
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        usual, common, found = (round(3.6 * v) for v in (road.usual, road.common, road.limit))
        root.remark(
            "states no speed limit where the recorded traffic is faster than usual; its speeds give the limit",
            f"lanelets {shown}: 85 % drive up to {common} km/h, limit {found} instead of {usual} km/h",
        )
    network = network._replace(lane_speed_limit=limit)
    if states_lines(lanelets):
        return network
    root.remark("states no line marking for any lanelet; usual lines are drawn")
    return mark_lanes(network, *usual_lines(network))
