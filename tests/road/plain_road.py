"""Small OpenDRIVE maps as text: one straight road along x, its parts to be filled in."""

from simengine.road.opendrive import read_opendrive

DRIVING = '<lane id="-1" type="driving"><width sOffset="0" a="4" b="0" c="0" d="0"/></lane>'


def road(identity="1", *, x=0.0, length=100.0, junction="-1", link="", lateral="", right=DRIVING, left="", more="",
         center='<lane id="0" type="none"/>', plan=None, lanes=""):  # fmt: skip
    """Return a <road>: straight from (x, 0), with one driving lane on its right."""
    plan = f'<geometry s="0" x="{x}" y="0" hdg="0" length="{length}"><line/></geometry>' if plan is None else plan
    return (
        f'<road id="{identity}" length="{length}" junction="{junction}">{link and f"<link>{link}</link>"}'
        f"<planView>{plan}</planView><lateralProfile>{lateral}</lateralProfile>"
        f'<lanes>{lanes}<laneSection s="0">{left and f"<left>{left}</left>"}<center>{center}</center>'
        f"<right>{right}</right></laneSection></lanes>{more}</road>"
    )


def read(folder, *parts, minor=8):
    """Write a map and return what is read: network and remarks."""
    path = folder / "map.xodr"
    body = "\n".join(parts)
    path.write_text(f'<OpenDRIVE>\n<header revMajor="1" revMinor="{minor}"/>\n{body}\n</OpenDRIVE>')
    return read_opendrive(path)


def tags(remarks):
    """Return what each remark line says, without its file and places."""
    return [line.partition(": ")[2].rpartition(": line ")[0] for line in remarks]
