"""What an episode's criteria found: one result per criterion, and the verdict that follows from them."""

from typing import NamedTuple

from simengine.core.state import EGO

_NANOSECONDS = 1e9


class CriterionResult(NamedTuple):
    """What one criterion found, with the moment, actors and value that decided it."""

    name: str  # of the criterion in the scenario
    passed: bool | None  # None: not applicable to this episode
    time_ns: int  # when it was decided [ns]; −1 if no single moment decided it
    actors: tuple[int, ...]  # ids of the actors that decided it; the ego may be among them, −1 is the scenery
    value: float | None  # the deciding quantity in its SI unit; None if there is none
    reason: str  # the value in words, with its unit: "812 N s", "0.8 s is under 1.5 s"
    names: tuple[str, ...] = ()  # of the other actors that decided it, "load_2 (cargo)"; empty: they go by their ids

    @property
    def description(self) -> str:
        """The result in one line: name, moment, other actors, reason."""
        text = self.name
        if self.time_ns >= 0:
            text += f" at {self.time_ns / _NANOSECONDS:.2f} s"
        others = self.names or tuple(f"actor {actor}" for actor in self.actors if actor > EGO)
        if others:
            text += f" with {', '.join(others)}"
        elif any(actor < 0 for actor in self.actors):
            text += " with the scenery"
        return f"{text}, {self.reason}" if self.reason else text


class Verdict(NamedTuple):
    """Whether an episode passed: any failure fails it; it passes if at least one criterion applied and none failed.

    An invalid episode, whose hazard came to grief before the ego had a part in it, has neither passed nor failed. Nor
    has one in which no hazard happened, unless the ego failed without: it is untested.
    """

    results: tuple[CriterionResult, ...]
    invalid: str = ""  # why the episode says nothing about the ego, "" if it does
    unmet: str = ""  # which hazards have not happened, if none of the scenario's has; else ""

    @property
    def passed(self) -> bool | None:
        """Whether the episode passed; None if no criterion applied, no hazard happened, or the episode is invalid."""
        if self.invalid:
            return None
        if any(result.passed is False for result in self.results):
            return False
        return True if not self.unmet and any(result.passed is True for result in self.results) else None

    @property
    def untested(self) -> bool:
        """Whether no criterion failed, but no hazard happened that the ego could have failed by."""
        return self.passed is None and not self.invalid and bool(self.unmet)

    @property
    def outcome(self) -> str:
        """One of "passed", "failed", "not applicable", "untested", "invalid"."""
        if self.invalid:
            return "invalid"
        if self.untested:
            return "untested"
        return {True: "passed", False: "failed", None: "not applicable"}[self.passed]

    @property
    def decisive(self) -> CriterionResult | None:
        """The failed criterion that was decided first; None if none failed."""
        failed = [result for result in self.results if result.passed is False]
        # A failure without a moment (a goal never reached) is known only at the end, so it comes last.
        return min(failed, key=lambda result: (result.time_ns < 0, result.time_ns), default=None)

    @property
    def reason(self) -> str:
        """Why the episode failed, is invalid or untested, in one line; empty if it is neither."""
        if self.invalid:
            return self.invalid
        if self.untested:
            return self.unmet
        decisive = self.decisive
        return decisive.description if decisive is not None else ""

    def __str__(self) -> str:
        return f"{self.outcome}: {self.reason}" if self.reason else self.outcome
