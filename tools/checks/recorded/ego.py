"""What the ego's own instruments say against how it moved."""

import math

import numpy as np

from simengine.core.mechanics import STANDARD_GRAVITY
from tools.checks.recorded.file import RecordedFile, wrapped, yaws
from tools.checks.recorded.found import NOTHING, Found
from tools.checks.recorded.motion import collided

_WINDOW = 0.5  # over which inertial samples are added up [s]
_GAINED, _TURNED = 0.08, 0.01  # velocity and heading that may be missing then [m/s], [rad]


def inertial(file: RecordedFile) -> Found:
    """Whoever adds up specific force and angular rate gets the change of velocity and heading of the sensor."""
    found, hit = NOTHING, collided(file)[:, 0]
    struck = file.states.time[hit]
    for sensor in file.sensors:
        frames = [frame for frame in file.frames(sensor) if "specific_force" in frame.channels]
        if len(frames) < 10:
            continue
        time = np.array([frame.time for frame in frames])
        pose = np.array([frame.pose for frame in frames])
        force = np.array([file.channel(frame, "specific_force") for frame in frames])
        rate = np.array([file.channel(frame, "angular_velocity") for frame in frames])
        step = np.diff(time)
        turn = 0.5 * (pose[1:, :3, :3] + pose[:-1, :3, :3])
        gained = np.einsum("tij,tj->ti", turn, force[1:]) * step[:, None]
        gained[:, 2] -= STANDARD_GRAVITY * step
        turned = np.einsum("tij,tj->ti", turn, rate[1:])[:, 2] * step
        samples = max(4, round(_WINDOW / float(np.median(step))))
        place, yaw = pose[:, :3, 3], np.unwrap(np.arctan2(pose[:, 1, 0], pose[:, 0, 0]))
        errors, checked = [], 0
        for k in range(2 * samples, len(time) - 2 * samples, samples):
            if len(struck) and ((struck > time[k] - 2 * _WINDOW) & (struck < time[k] + 2 * _WINDOW)).any():
                continue
            checked += 1
            # Mean velocity of the window after minus that of the window before: twice integrated, so weighted.
            change = (place[k + samples] - place[k]) / (time[k + samples] - time[k])
            change = change - (place[k] - place[k - samples]) / (time[k] - time[k - samples])
            weight = np.concatenate([np.arange(samples) + 0.5, samples - 0.5 - np.arange(samples)]) / samples
            added = (weight[:, None] * gained[k - samples : k + samples]).sum(axis=0)
            angle = float(turned[k : k + samples].sum() - (yaw[k + samples] - yaw[k]))
            if np.abs(added - change).max() > _GAINED or abs(angle) > _TURNED:
                off = float(np.abs(added - change).max())
                errors.append(f"{sensor} at {time[k]:.2f} s: adds up to {off:.2f} m/s and {angle:.3f} rad else")
        found = found.joined(Found(checked, len(errors), errors[0] if errors else ""))
    return found


def ego_frames(file: RecordedFile) -> Found:
    """Sensors are fixed to the ego: their poses keep their place in its frame."""
    states, errors, checked = file.states, [], 0
    for sensor in file.sensors:
        offsets, turns = [], []
        for frame in file.frames(sensor):
            k = int(np.abs(states.time - frame.time).argmin())
            if abs(states.time[k] - frame.time) > 1e-6 or not states.present[k, 0]:
                continue
            offsets.append(np.linalg.norm(frame.pose[:3, 3] - states.position[k, 0]))
            turns.append(math.atan2(frame.pose[1, 0], frame.pose[0, 0]) - float(yaws(states.orientation[k, 0])))
        checked += len(offsets)
        if not offsets:
            continue
        if np.ptp(offsets) > 1e-6:
            errors.append(f"{sensor} is not at a fixed distance from the ego: {np.ptp(offsets):.3g} m")
        if float(np.abs(wrapped(np.array(turns) - turns[0])).max()) > 0.1:
            errors.append(f"{sensor} does not turn with the ego")
    return Found(checked, len(errors), errors[0] if errors else "")
