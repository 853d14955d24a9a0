"""Furniture of ours makes room for what is recorded: where it starts, stands, and wherever it drives.

A map of recordings is dressed with trees and lamps that the recorded place need not have had, at least not there.
"""

import math
from dataclasses import replace

from simengine.road.files.recording import RecordedTracks
from simengine.simulation.placement.placer import ActorPlan, Placer

_STEP = 0.5  # a recorded vehicle is looked at again where it has moved by this much [m]
_CLEARANCE = 0.2  # kept from furniture, so that it is not brushed between two looks [m]


def give_way(placer: Placer, plan: ActorPlan) -> list[str]:
    """Take furniture away where a recorded actor is; return what is of the map and stays in it."""
    stays = []
    for obstacle in placer.in_the_way(plan, _CLEARANCE):
        if not obstacle.fixed:
            placer.obstacles.given_way.add(obstacle.prop)
        elif obstacle in placer.in_the_way(plan):
            stays.append(obstacle.name)
    return stays


def clear_track(placer: Placer, plan: ActorPlan, recording: RecordedTracks, step: int) -> list[str]:
    """Take furniture away wherever a recorded actor will be; return what is of the map and stands in its way.

    Args:
        placer: Knows the furniture.
        plan: The actor; it follows a track of the recording, or stays where it is.
        recording: All tracks.
        step: At which the episode begins.
    """
    stays = give_way(placer, plan)
    if plan.track < 0:
        return stays
    last = (plan.x, plan.y)
    for k in range(step, recording.valid.shape[1]):
        if not recording.valid[plan.track, k]:
            continue
        x, y = (float(value) for value in recording.position[plan.track, k])
        if math.hypot(x - last[0], y - last[1]) >= _STEP:
            last = (x, y)
            there = replace(plan, x=x, y=y, yaw=float(recording.heading[plan.track, k]))
            stays += give_way(placer, there)
    return stays
