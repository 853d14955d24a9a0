"""What `recorder.leave_out` names is computed, and part of the digest, but not written into an episode's file.

A name is a topic for viewers (`scene`, `tf`, `map_lines`, `signal_lamps`), a channel of every sensor that has it
(`rgb`, `instance`, `labels`, `boxes`), or that of one sensor (`camera_front/instance`). What a sensor of another
package alone measures has to be named with its sensor: a bare name has to be known, or a slip would go unnoticed.
"""

from collections.abc import Iterable

from simengine.core.errors import ConfigError, nearest
from simengine.scenario.spec import ConcreteScenario, ExtensionSpec
from simengine.sensors.base.sensor import Frame

VIEWER_TOPICS = ("scene", "tf", "map_lines", "signal_lamps")
# An episode cannot be read without these.
NEEDED_TOPICS = ("actors", "scenery", "state", "signals", "events", "map", "frame")
LABELS = ("labels", "boxes")  # all labels; the boxes that viewers draw into the images
# What each kind of sensor measures; a camera's `layers` come on top.
CHANNELS: dict[str, tuple[str, ...]] = {
    "camera": ("rgb", "depth", "semantic", "instance", "intrinsics", "calibration", *LABELS),
    "lidar": ("points", "time_ns", "range", "intensity", "ring", "instance", "semantic", "expected_hits", "labels"),
    "imu": ("specific_force", "angular_velocity"),
    "gnss": ("position", "geodetic", "fix"),
    "odometry": ("ticks", "speed", "yaw_rate", "pose"),
}
SETTING, DEPTH_SETTING = "recorder.leave_out", "recorder.depth = none"


def _channels(scenario: ConcreteScenario) -> dict[str, tuple[str, ...]]:
    """Return the channels of every sensor of the rig."""
    return {
        name: (*CHANNELS.get(spec.kind, ()), *getattr(spec, "layers", ())) for name, spec in scenario.sensors.items()
    }


def check_leave_out(scenario: ConcreteScenario) -> None:
    """Refuse names of what the recorder does not write, or has to.

    Raises:
        ConfigError: The message tells what can be left out.
    """
    rig = _channels(scenario)
    foreign = {name for name, spec in scenario.sensors.items() if isinstance(spec, ExtensionSpec)}
    usual = CHANNELS if foreign or not rig else rig
    everywhere = list(dict.fromkeys(channel for channels in usual.values() for channel in channels))
    for given in scenario.recorder.leave_out:
        name = given.removeprefix("/")
        sensor, slash, channel = name.rpartition("/")
        shown = f"{SETTING}: {given}"
        if not slash and name in NEEDED_TOPICS:
            raise ConfigError(f"{shown}: an episode cannot be read without it")
        if not slash and (name in (*VIEWER_TOPICS, *everywhere)):
            continue
        if slash and sensor in rig and (channel in rig[sensor] or sensor in foreign) and channel != "frame":
            continue
        if slash and not rig and channel in everywhere:
            continue
        own = [f"{one}/{channel}" for one, channels in rig.items() for channel in channels]
        known = [f"{sensor}/{one}" for one in rig[sensor]] if slash and sensor in rig else [*VIEWER_TOPICS, *everywhere]
        raise ConfigError(
            f"{shown}: nothing of that name is recorded{nearest(name, [*known, *own])}; allowed: {', '.join(known)}"
            + ("" if slash else ", and SENSOR/CHANNEL")
        )


class LeaveOut:
    """Answers what an episode's recorder leaves out.

    Args:
        names: As in `recorder.leave_out`.
        depth: As in `recorder.depth`.
    """

    def __init__(self, names: Iterable[str], depth: str) -> None:
        self._names = {name.removeprefix("/") for name in names}
        self._depth = depth

    def topic(self, name: str) -> bool:
        """Return whether a topic for viewers is left out."""
        return name in self._names

    def channel(self, sensor: str, name: str) -> bool:
        """Return whether a channel of a sensor is left out."""
        return name in self._names or f"{sensor}/{name}" in self._names

    def reduce(self, frame: Frame, labeled: bool) -> tuple[Frame, dict[str, str]]:
        """Return a frame without what is left out, and which setting left out what; labels may be part of that."""
        names = (*frame.channels, "labels") if labeled else tuple(frame.channels)
        left = {name: SETTING for name in names if self.channel(frame.sensor, name)}
        if self._depth == "none" and "depth" in frame.channels:
            left.setdefault("depth", DEPTH_SETTING)
        kept = {name: array for name, array in frame.channels.items() if name not in left}
        return frame._replace(channels=kept), left
