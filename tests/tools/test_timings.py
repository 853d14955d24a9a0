"""The table of times: every part is there to be timed, and what a part calls of others is theirs."""

from importlib import import_module

import pytest

from tools.timings import PARTS, REST, Meter


@pytest.mark.parametrize(("part", "module", "name"), PARTS)
def test_every_part_is_found(part, module, name):
    holder = import_module(f"simengine.{module}")
    for piece in name.split("."):
        holder = getattr(holder, piece)
    assert callable(holder)


def test_a_parts_time_is_without_that_of_the_parts_it_calls(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("tools.timings.time.process_time", lambda: clock[0])

    def work(seconds):
        clock[0] += seconds

    meter = Meter()
    work(1.0)
    inner = meter.wrap("inner", lambda: work(4.0))
    outer = meter.wrap("outer", lambda: (work(2.0), inner(), work(0.5)))
    outer()
    meter.switch()
    assert dict(meter.spent) == {REST: 1.0, "inner": 4.0, "outer": 2.5}
