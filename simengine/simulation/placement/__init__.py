"""Where everybody starts: the ego, the scenario's actors, parked cars, traffic, people, recorded vehicles.

Each placement is a plan with a pose on the ground; `layout.py` turns plans into arrays. Plans never overlap, nor does
anybody stand in scenery. What the scenario itself names is placed or refused; of all others as many as find room.
"""

from simengine.road.commonroad import CommonRoadScenario
from simengine.simulation.placement.ambient import place_parked, place_traffic
from simengine.simulation.placement.ego import place_ego, place_ego_at
from simengine.simulation.placement.obstacles import Obstacle
from simengine.simulation.placement.people import place_people
from simengine.simulation.placement.placer import ActorPlan, Placer
from simengine.simulation.placement.recorded import place_recorded, place_recorded_ego, place_still
from simengine.simulation.placement.scripted import place_scripted
from simengine.simulation.placement.start import Start, choose_start
from simengine.simulation.placement.start_speeds import ease_starts

__all__ = ["ActorPlan", "Obstacle", "Placer", "Start", "choose_start", "place_everybody"]


def place_everybody(placer: Placer, recorded: CommonRoadScenario | None, start: Start) -> list[int]:
    """Place ego, scripted actors, recording, parked cars, traffic and people; return which track each follows."""
    scenario, problem = placer.scenario, start.problem
    named = bool(scenario.ego.recorded_id) or scenario.ego.driver == "recorded"
    if named and recorded is not None:
        place_recorded_ego(placer, recorded.tracks, start.row, start.step)
    elif problem is not None:
        place_ego_at(placer, *problem.position, problem.heading, problem.velocity)
    else:
        place_ego(placer)
    place_scripted(placer)
    if recorded is not None and scenario.traffic.kind == "replay":
        place_recorded(placer, recorded, start)
        place_still(placer, recorded.still)
    if scenario.road.kind == "street":
        place_parked(placer, scenario.road.parked_fraction)
    if scenario.traffic.kind == "idm":
        place_traffic(placer)
        ease_starts(placer)
    place_people(placer)
    return [plan.track for plan in placer.plans]
