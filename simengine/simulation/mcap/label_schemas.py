"""JSON schemas of the messages that are our own: what a reader in any language finds on our topics."""

from typing import Any


def _object(description: str, *optional: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """Describe an object; all of its properties but the optional ones are always there."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": description, "properties": properties, "required": required}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _array(description: str, items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": items}


def _numbers(description: str) -> dict[str, Any]:
    return _array(description, {"type": "number"})


def _vectors(description: str) -> dict[str, Any]:
    return _array(description, {"type": "array", "items": {"type": "number"}})


def _integer(description: str) -> dict[str, Any]:
    return {"type": "integer", "description": description}


def _number(description: str) -> dict[str, Any]:
    return {"type": "number", "description": description}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


_BOX_3D = _object(
    "an actor's oriented box",
    instance=_integer("1 + the actor's id; the value in instance masks and points"),
    semantic=_integer(
        "label class of that kind of actor; of the ego (instance 1) too, whose own body has the class ego in semantic "
        "masks and points"
    ),
    position=_numbers("box center, world x y z [m]"),
    orientation=_numbers("w x y z"),
    size=_numbers("length, width, height [m]"),
    velocity=_numbers("world [m/s]"),
    distance=_number("sensor to box center [m]"),
    visible_pixels=_integer("pixels of it in a camera image"),
    lidar_hits=_integer("received LiDAR returns"),
    expected_hits=_integer("LiDAR returns that clear air would give"),
    transmittance=_number("of the air between sensor and box center, one way"),
)
_BOX_2D = _object(
    "an actor's image box",
    instance=_integer("1 + the actor's id"),
    semantic=_integer("label class"),
    visible=_numbers("around the visible pixels: left, top, right, bottom edges [px]"),
    amodal=_numbers("around the whole object, cut by the image border [px]"),
    unclipped=_numbers("around the whole object, not cut [px]"),
    visible_pixels=_integer("pixels seen"),
    amodal_pixels=_integer("pixels inside the image if nothing stood before it"),
    occlusion=_number("1 - visible / amodal pixels"),
    truncation=_number("share of the unclipped box outside the image"),
    occluder=_integer("instance that hides most of it, 0 for none"),
    distance=_number("[m]"),
)
_COLLISION = _object(
    "a collision, first touch to last",
    start_ns=_integer("[ns]"),
    end_ns=_integer("[ns]"),
    actor=_integer("id"),
    other=_integer("id, -1 for scenery"),
    position=_numbers("world [m]"),
    impulse=_number("[N s]"),
    closing_speed=_number("[m/s]"),
)
_INTERVAL = _object(
    "a hazard or a maneuver",
    name=_text("hazard:<event>, maneuver:<name>, taken_out:<reason> or standing"),
    actor=_integer("id"),
    start_ns=_integer("onset [ns]"),
    response_ns=_integer("the ego's first reaction, or -1 [ns]"),
    end_ns=_integer("resolution [ns]"),
)
_CRITERION = _object(
    "what one criterion found",
    name=_text("of the criterion"),
    passed={"type": ["boolean", "null"], "description": "null: not applicable"},
    time_ns=_integer("when it was decided, or -1 [ns]"),
    actors=_array("that decided it", {"type": "integer"}),
    value={"type": ["number", "null"], "description": "that decided it"},
    reason=_text("the value in words"),
    names=_array("of the other actors that decided it", {"type": "string"}),
)

_SIGNAL_VIEW = _object(
    "a signal head that a camera sees",
    instance=_integer("in the instance mask, shared with the post"),
    signal=_integer("row of the map's signals"),
    color=_text("red, red_amber, green, amber or off"),
    visible=_numbers("around the housing's visible pixels: left, top, right, bottom edges [px]"),
    visible_pixels=_integer("of the housing"),
    facing={"type": "boolean", "description": "its lamps face the camera"},
    distance=_number("[m]"),
)
_SIGNAL_HEAD = _object(
    "a signal head",
    name=_text("in the source"),
    instance=_integer("in masks and points, 0 where it is not drawn"),
    position=_numbers("of the lamps, world [m]"),
    heading=_number("the lamps face [rad]"),
    group=_integer("of signals that change together"),
    lanes=_array("whose stop line it governs", {"type": "string"}),
    stop_s=_numbers("of the line along each of them [m]"),
    stop_lines=_array("left and right end of the line across each of them, world x y z [m]", _vectors("ends")),
    walkers={"type": "boolean", "description": "it tells people when to cross"},
)

SCHEMAS: dict[str, dict[str, Any]] = {
    "Actors": _object(
        "what never changes about the actors, in order of their ids, which are never used twice; actor 0 is the ego",
        kind=_array("of each actor", {"type": "string"}),
        model=_array("name in the catalog of models, empty for none", {"type": "string"}),
        behavior=_array("at the start: ego, traffic, replay, parked, walker, scripted", {"type": "string"}),
        size=_vectors("length, width, height [m]"),
    ),
    "Scenery": _object(
        "the fixed objects that have an instance id, column by column",
        instance=_array("in masks and points, above those of the actors", {"type": "integer"}),
        kind=_array("building, tree, lamp_post, signal, sign, ...", {"type": "string"}),
        semantic=_array("label class; a part may have another, as a signal's post", {"type": "integer"}),
        position=_vectors("box center, world [m]"),
        yaw=_numbers("direction of the box's length [rad]"),
        size=_vectors("length, width, height [m]"),
        signal=_array("row of the map's signals, -1 for others", {"type": "integer"}),
        type=_array("of a sign, as speed_limit:50; empty for others", {"type": "string"}),
    ),
    "Signals": _object(
        "what the signals show from a time on",
        time_ns=_integer("[ns]"),
        color=_array("of each of the map's signals: red, red_amber, green, amber or off", {"type": "string"}),
    ),
    "State": _object(
        "the actors in the world at a time, column by column",
        "controls",
        time_ns=_integer("[ns]"),
        tick=_integer("physics ticks since the start"),
        actor=_array("id of the actor of each row", {"type": "integer"}),
        replayed=_array("follows a recording", {"type": "boolean"}),
        position=_vectors("box center, world [m]"),
        orientation=_vectors("w x y z"),
        velocity=_vectors("world [m/s]"),
        angular_velocity=_vectors("world [rad/s]"),
        acceleration=_vectors("world; of what follows a recording: slope of its velocity over 0.5 s around [m/s2]"),
        steering=_numbers("road-wheel angle [rad]"),
        lights=_array("bits: 1 brake, 2 left, 4 right, 8 head", {"type": "integer"}),
        controls=_object(
            "what was asked of each actor since the state before",
            acceleration=_numbers("[m/s2]"),
            steering=_numbers("[rad]"),
            velocity=_vectors("walkers: ground velocity [m/s]; robots: speed [m/s] and yaw rate [rad/s]"),
            lights=_array("bits", {"type": "integer"}),
        ),
    ),
    "Frame": _object(
        "one capture of a sensor",
        "left_out",
        sensor=_text("its name"),
        index=_integer("capture number"),
        time_ns=_integer("[ns]"),
        world_from_sensor=_numbers("pose, 4 x 4 row by row, ISO 8855 sensor axes [m]"),
        channels={
            "type": "object",
            "description": "per channel: its numbers (type, shape, values) or the topic(s) of its message(s)",
            "additionalProperties": {"type": "object"},
        },
        left_out={
            "type": "object",
            "description": "channels that were measured and not recorded: by name, the setting that says so",
            "additionalProperties": {"type": "string"},
        },
    ),
    "Labels": _object(
        "what is true of a frame",
        "boxes_2d",
        "signals",
        time_ns=_integer("[ns]"),
        boxes_3d=_array("every actor in the world", _BOX_3D),
        boxes_2d=_array("cameras: actors of which something is, or could be, seen", _BOX_2D),
        signals=_array("cameras, where there are signals: heads that are seen", _SIGNAL_VIEW),
    ),
    "Events": _object(
        "what an episode came to",
        verdict=_text("in one line"),
        invalid=_text("why the episode says nothing about the ego, empty if it does"),
        unmet=_text("which hazards never happened, if none of the scenario's did; else empty"),
        criteria=_array("each criterion", _CRITERION),
        collisions=_array("in order of time", _COLLISION),
        intervals=_array("hazards and maneuvers", _INTERVAL),
    ),
    "Map": _object(
        "the roads near the ego's track [m]",
        lanes=_array(
            "in direction of travel",
            _object(
                "a lane, or a piece of one along which no line changes",
                name=_text("in the source"),
                type=_text("what it is for"),
                left=_vectors("edge"),
                right=_vectors("edge"),
                marking_left=_text("painted line"),
                marking_right=_text("painted line"),
            ),
        ),
        stop_lines=_array("end points", {"type": "array"}),
        crossings=_array("corners", {"type": "array"}),
        datum=_or_null(
            _object(
                "where on Earth: projected x, y = scale * R(heading) * world x, y + offset; "
                "height = world z + offset z; null where the roads have no place",
                crs=_text("the projection as stated: PROJ, WKT or EPSG code"),
                pipeline=_text("PROJ operation from projected x, y to longitude, latitude on WGS 84 [deg]"),
                offset=_numbers("x y z [m]"),
                heading=_number("[rad]"),
                scale=_number("factor"),
                origin=_or_null(
                    _numbers("latitude [deg], longitude [deg], ellipsoidal height [m] of world 0 0 0; null for none")
                ),
            )
        ),
        signals=_array("all of the network, in the order of /signals", _SIGNAL_HEAD),
    ),
}
