"""OpenDRIVE files of one road, written by the test that reads them."""

from simengine.road.opendrive import OpenDriveMap, read_opendrive


def lane(number, content="", width=3.5, kind="driving", link=True):
    """Return one lane; `width` is a number, or the text of its <width> elements."""
    if not isinstance(width, str):
        width = f'<width sOffset="0" a="{width}" b="0" c="0" d="0"/>'
    links = f'<link><predecessor id="{number}"/><successor id="{number}"/></link>' if link else ""
    return f'<lane id="{number}" type="{kind}">{links}{width}{content}</lane>'


def section(left=(), right=(), s=0.0, center="", attributes=""):
    """Return one lane section; lanes outwards, `center` the marks of lane 0."""
    sides = [f"<{tag}>{''.join(lanes)}</{tag}>" if lanes else "" for tag, lanes in (("left", left), ("right", right))]
    middle = f'<center><lane id="0" type="none">{center}</lane></center>'
    return f'<laneSection s="{s}" {attributes}>{sides[0]}{middle}{sides[1]}</laneSection>'


def read_road(tmp_path, sections, length=100.0, plan="", profile="") -> OpenDriveMap:
    """Read a file of one road "1" along x, or along the pieces of `plan`."""
    plan = plan or f'<geometry s="0" x="0" y="0" hdg="0" length="{length}"><line/></geometry>'
    path = tmp_path / "road.xodr"
    path.write_text(
        f'<OpenDRIVE><header revMajor="1" revMinor="7"/><road id="1" length="{length}" junction="-1">'
        f"<planView>{plan}</planView>{profile}<lanes>{''.join(sections)}</lanes></road></OpenDRIVE>"
    )
    return read_opendrive(path)
