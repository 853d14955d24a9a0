"""Parts by name: built in or of an installed package, with one message for a name that nobody offers."""

from importlib.metadata import EntryPoint

import pytest

from simengine.core import plugins
from simengine.core.errors import ConfigError, PartError
from simengine.core.plugins import GROUPS, check_part, find_part, make_part, part_names

BUILT_IN = {"stop": lambda: "built-in stop", "idm": lambda: "built-in idm"}


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """A package that brings drivers, one of them under a built-in name."""
    points = {"careful": "os:getcwd", "stop": "os:getcwd", "lost": "no_such_module:thing", "number": "math:pi"}
    found = [EntryPoint(name, value, "simengine.drivers") for name, value in points.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found if group == "simengine.drivers" else [])


@pytest.mark.parametrize("noun", GROUPS)
def test_a_name_that_nobody_offers_has_the_same_message_for_every_kind_of_part(noun):
    with pytest.raises(ConfigError, match=rf'^a\.b = ide: no such {noun} \(did you mean "idm"\?\); allowed: stop, idm'):
        check_part(noun, "a.b", "ide", BUILT_IN)


def test_names_are_the_built_in_ones_first_and_each_once():
    assert part_names("driver", BUILT_IN) == ("stop", "idm", "careful", "lost", "number")
    assert part_names("sensor", BUILT_IN) == ("stop", "idm")


def test_a_package_does_not_replace_what_is_built_in():
    assert make_part("driver", "ego.driver", "stop", BUILT_IN) == "built-in stop"


def test_what_cannot_be_loaded_is_refused_only_when_it_is_used():
    check_part("driver", "ego.driver", "lost", BUILT_IN)
    with pytest.raises(PartError, match="ego.driver = lost: the package that brings it raised ModuleNotFoundError"):
        find_part("driver", "ego.driver", "lost", BUILT_IN)


def test_an_entry_point_that_cannot_be_called_is_refused():
    with pytest.raises(ConfigError, match="ego.driver = number: the entry point math:pi is not callable"):
        make_part("driver", "ego.driver", "number", BUILT_IN)


def test_what_a_part_raises_names_its_package():
    def fussy(style):
        raise KeyError(style)

    with pytest.raises(PartError, match="ego.driver = fussy: the package that brings it raised KeyError: 'calm'"):
        make_part("driver", "ego.driver", "fussy", {"fussy": fussy}, "calm")
