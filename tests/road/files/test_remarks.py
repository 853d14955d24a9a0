"""What readers tolerated: told once a kind, with its places."""

from simengine.road.files.remarks import Remark, list_remarks
from simengine.road.files.xml import Element


def test_remarks_of_a_kind_are_one_line_that_names_their_places():
    remarks = [Remark(3, "lane", "is odd", "id='1'"), Remark(4, "road", "is odd", ""), Remark(9, "lane", "is odd", "")]
    assert list_remarks("a.xodr", remarks) == (
        "a.xodr: <lane> is odd: line 3 (id='1'), line 9",
        "a.xodr: <road> is odd: line 4",
    )


def test_a_line_names_some_places_and_counts_the_others():
    (line,) = list_remarks("a.xodr", [Remark(n, "lane", "is odd", "") for n in range(1, 101)])
    assert line.endswith("line 7, line 8 and 92 more")


def test_remarks_of_one_tree_are_kept_together():
    root = Element("a.xml", 1, "road", {})
    Element("a.xml", 2, "lane", {}, root.remarks).remark("is odd", "id='1'")
    assert root.remarks == [Remark(2, "lane", "is odd", "id='1'")]
