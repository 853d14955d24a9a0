"""Lane sections of one side: the side that they do not name goes on from the section before.

ASAM OpenDRIVE 1.7, chapter 9.2: `singleSide="true"` lets the sides of a road change their lanes at different places.
Such a side is one section of its own that reaches from where it is named to where it is named next; here it is carried
into every section on its way. Its lanes stay the same objects, and their offsets count from where they were stated.
"""

from dataclasses import replace

from simengine.road.files.xml import Element
from simengine.road.opendrive.model import Lane, Section
from simengine.road.opendrive.tolerance import chosen


def _placed(lanes: tuple[Lane, ...], origin: float) -> tuple[Lane, ...]:
    return tuple(replace(lane, origin=origin) for lane in lanes)


def continue_sides(sections: list[Section], elements: list[Element]) -> tuple[Section, ...]:
    """Give all lanes the place that their offsets count from, and sections of one side the other side's lanes.

    Args:
        sections: As the file states them, in order of s.
        elements: Their elements.
    """
    result: list[Section] = []
    for section, element in zip(sections, elements, strict=True):
        left, right = _placed(section.left, section.start), _placed(section.right, section.start)
        single = chosen(element, "singleSide", ("true", "false", "1", "0"), "false") in ("true", "1")
        if single and result:
            before = result[-1]
            left, right = left or before.left, right or before.right
        center = replace(section.center, origin=section.start)
        result.append(replace(section, left=left, right=right, center=center))
    return tuple(result)


def goes_on(here: Section, there: Section, number: int) -> bool:
    """Tell whether a lane of one section is carried on into the next as it is."""
    lane = here.lane(number)
    return lane is not None and there.lane(number) is lane
