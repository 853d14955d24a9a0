"""Where everybody starts: the ego, the scenario's actors, parked cars, traffic, people, recorded vehicles.

Each placement is a plan with a pose on the ground; `world.py` turns plans into arrays. Plans never overlap.
"""

from simengine.core.errors import ScenarioError
from simengine.road.commonroad import CommonRoadScenario
from simengine.road.recording import RecordedTracks
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.placement.ambient import place_parked, place_people, place_traffic
from simengine.simulation.placement.ego import place_ego, place_ego_at
from simengine.simulation.placement.placer import ActorPlan, Placer
from simengine.simulation.placement.recorded import place_recorded, place_recorded_ego, place_still
from simengine.simulation.placement.scripted import place_scripted

__all__ = ["ActorPlan", "Placer", "place_everybody"]


def place_everybody(placer: Placer, recorded: CommonRoadScenario | None) -> list[int]:
    """Place ego, scripted actors, recording, parked cars, traffic and people; return which track each follows."""
    scenario = placer.scenario
    recording = recorded.tracks if recorded is not None else None
    if scenario.traffic.kind == "replay" and recording is None:
        raise ScenarioError("traffic=replay needs a road with a recording: road=commonroad road.file=PATH")
    if scenario.ego.driver == "recorded" and scenario.traffic.kind != "replay":
        raise ScenarioError("ego.driver=recorded needs traffic=replay")
    ego_row = _ego_row(scenario, recording)
    if ego_row >= 0:
        place_recorded_ego(placer, recording, ego_row)
    elif recorded is not None and recorded.problems:
        problem = recorded.problems[0]
        place_ego_at(placer, *problem.position, problem.heading, problem.velocity)
    else:
        place_ego(placer)
    place_scripted(placer)
    if recorded is not None and scenario.traffic.kind == "replay":
        place_recorded(placer, recording, leave_out=ego_row)
        place_still(placer, recorded.still)
    if scenario.road.kind == "street":
        place_parked(placer, scenario.road.parked_fraction)
    if scenario.traffic.kind == "idm":
        place_traffic(placer)
    place_people(placer)
    return [plan.track for plan in placer.plans]


def _ego_row(scenario: ConcreteScenario, recording: RecordedTracks | None) -> int:
    """Return the row of the recording that the ego takes the place of, or −1."""
    wanted = scenario.ego.recorded_id
    if recording is None or scenario.traffic.kind != "replay":
        if wanted:
            raise ScenarioError(f"ego.recorded_id = {wanted}: there is no recording; it needs traffic=replay")
        return -1
    known = [str(name) for name in recording.id]
    if wanted:
        if wanted not in known:
            raise ScenarioError(
                f"ego.recorded_id = {wanted}: the recording has no such vehicle; allowed: {', '.join(known)}"
            )
        return known.index(wanted)
    if scenario.ego.driver == "recorded":
        raise ScenarioError(f"ego.driver=recorded needs ego.recorded_id, one of {', '.join(known)}")
    return -1
