"""The standing campaigns: what changes input, what reads it within bounds, and what counts, on a few inputs each."""

import json
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.simulation.mcap.reader import read_episode
from tests.simulation.episode.test_episode import write
from tools.check import main
from tools.checks import corruption, pages, robustness
from tools.checks.fuzz import campaign, processes, reading, samples, uses
from tools.checks.fuzz.byte_changes import change_bytes
from tools.checks.fuzz.subjects import SUBJECTS, TITLES
from tools.checks.fuzz.xml_trees import change_xml

FIXTURES = Path(__file__).parents[1] / "road" / "fixtures"
QUICK = ("opendrive", "commonroad", "settings", "concrete", "overrides", "command-lines")


@pytest.fixture(scope="module")
def episode(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "000000.mcap"
    write(path, 1)
    return path


def prepared(kind, tmp_path, episode=None):
    (tmp_path / "right").mkdir()
    return SUBJECTS[kind].prepare(tmp_path / "right", episode)


def tried(kind, make, tmp_path, seeds):
    for seed in seeds:
        case = processes.fresh(make, processes.seed_of(kind, seed), tmp_path / "case")
        ending, fault = reading.try_case(seed, case, reading.memory("VmRSS"))
        assert fault is None, fault
        yield ending


@pytest.mark.parametrize("kind", QUICK)
def test_changed_input_is_taken_or_refused_in_words_soon_and_in_little_memory(tmp_path, kind):
    endings = list(tried(kind, prepared(kind, tmp_path), tmp_path, range(40)))
    assert set(endings) <= {"taken", "refused"} and "refused" in endings


@pytest.mark.parametrize("kind", ["episodes", "episode-contents", "index"])
def test_a_changed_recording_is_taken_or_refused_in_words(tmp_path, episode, kind):
    endings = list(tried(kind, prepared(kind, tmp_path, episode), tmp_path, range(15)))
    assert set(endings) <= {"taken", "refused"} and "refused" in endings


def test_samples_that_the_campaigns_record_are_whole_small_and_full(tmp_path):
    small, full = (samples.episode(tmp_path / "x", which, tmp_path) for which in (False, True))
    assert (small, full) == (samples.episode(tmp_path, False), samples.episode(tmp_path, True))  # recorded once
    assert small.stat().st_size <= corruption.LARGEST_WHOLE
    assert {"camera_front", "lidar_top"} <= set(read_episode(full).sensors)
    told = uses.use(small, tmp_path / "use", uses.ALL)
    assert len(told) == 2 and all("needs a camera" in line for line in told)
    assert uses.use(full, tmp_path / "use", uses.ALL) == []
    endings = list(tried("episode-contents", prepared("episode-contents", tmp_path, tmp_path), tmp_path, range(40)))
    assert {"taken", "refused"} == set(endings)
    content = full.read_bytes()
    counts = corruption.try_flips(full, corruption.stratified(content, 60, 1), tmp_path / "use", print)
    assert counts["told"] + counts["harmless"] == 60


def test_every_kind_has_a_row_on_the_page():
    assert set(SUBJECTS) == set(TITLES)


def ended(read, size=10):
    ending, fault = reading.try_case(3, reading.ChangedInput(read, size, "case"), reading.memory("VmRSS"))
    return ending, fault.what if fault else ""


def test_wrong_endings_are_told_apart(monkeypatch):
    def raises(error):
        raise error

    assert ended(lambda: None) == ("taken", "")
    assert ended(lambda: raises(ConfigError("a = 1: too small"))) == ("refused", "")
    assert ended(lambda: raises(KeyError("a")))[0] == "foreign"
    assert ended(lambda: raises(ConfigError("x: Unable to allocate 8 TiB")))[0] == "memory"
    assert ended(lambda: raises(MemoryError()))[0] == "memory"
    monkeypatch.setattr("tools.checks.fuzz.judging.LIMIT", 0.2)

    def spins():
        end = time.process_time() + 3.0
        while time.process_time() < end:
            pass

    assert ended(spins)[0] == "hang"


def test_memory_is_what_the_process_has_at_its_highest():
    def takes(mib):
        np.ones(mib * 1024 * 1024 // 8)

    assert ended(lambda: takes(30)) == ("taken", "")
    ending, what = ended(lambda: takes(200))
    assert ending == "memory" and 190 <= float(what.split()[0]) <= 260
    assert ended(lambda: takes(200), size=20 * 1024 * 1024) == ("taken", "")


def test_changes_follow_from_the_seed_and_change_something():
    content = (FIXTURES / "junction.xodr").read_bytes()
    for change in (change_bytes, change_xml):
        once, again = ([change(content, random.Random(seed)) for seed in range(60)] for _ in range(2))
        assert once == again
        assert len({*once}) > 50


def _raise_or_die(kind):
    def prepare(_folder, _episode):
        def make(chance, folder):
            (folder / "input").write_text(kind)
            number = chance.randrange(10)

            def read():
                if number < 3:
                    raise {"refuse": ConfigError("no"), "raise": KeyError("a")}[kind]

            return reading.ChangedInput(read, 1, kind)

        return make

    return prepare


def test_a_process_reads_its_share_and_keeps_inputs_of_faults(tmp_path, monkeypatch):
    for kind in ("refuse", "raise"):
        monkeypatch.setitem(SUBJECTS, kind, SUBJECTS["index"]._replace(prepare=_raise_or_die(kind)))
        job = processes.Job(kind, 5, 30, 60.0, tmp_path / kind, tmp_path / "kept", None)
        shared, counts = [-1.0, 0.0, 0.0, 5.0, 0.0, 0.0], [0] * len(reading.ENDINGS)
        monkeypatch.setattr(reading, "bound_addresses", lambda: None)
        monkeypatch.setattr(processes, "end_with_parent", lambda: None)
        processes.work(job, shared, counts)
        found = dict(zip(reading.ENDINGS, counts, strict=True))
        assert sum(counts) == 30 and shared[0] == -1 and shared[3] == 35
        bad = found["refused" if kind == "refuse" else "foreign"]
        assert 0 < bad < 30 and found["taken"] == 30 - bad
    kept = sorted((tmp_path / "kept").iterdir())
    assert kept and all(folder.name.startswith("raise-") for folder in kept)
    assert (kept[0] / "input").read_text() == "raise" and "KeyError" in (kept[0] / "told.txt").read_text()


def _work_that_ends(job, shared, counts):
    """Read two inputs; the second ends the process, or never ends."""
    (job.scratch / "case").mkdir(parents=True)
    (job.scratch / "case" / "input").write_text("x")
    counts[reading.ENDINGS.index("taken")] += 1
    shared[1], shared[2], shared[0] = time.process_time(), time.monotonic(), job.first + 1
    if job.kind == "dies":
        os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60.0)


@pytest.mark.parametrize(
    ("kind", "ending", "why"), [("dies", "foreign", "SIGSEGV"), ("waits", "hang", "without an end")]
)
def test_an_input_that_ends_its_process_or_never_ends_is_kept(tmp_path, monkeypatch, kind, ending, why):
    if kind == "waits":
        monkeypatch.setattr(processes, "_BLOCKED", 0.5)
    job = processes.Job(kind, 4, 9, 60.0, tmp_path / "scratch", tmp_path / "kept", None)
    watched = processes.watch(job, _work_that_ends)
    found = dict(zip(reading.ENDINGS, watched.counts, strict=True))
    assert found == {**dict.fromkeys(reading.ENDINGS, 0), "taken": 1, ending: 1}
    assert watched.after == 6
    kept = tmp_path / "kept" / f"{kind}-5"
    assert (kept / "input").read_text() == "x" and why in (kept / "told.txt").read_text()


def test_a_campaign_reads_on_to_the_number_asked_for(tmp_path):
    counts = campaign.run_kind("overrides", 1, 600.0, 5, tmp_path / "kept", None)
    assert counts["next"] == 6 and sum(counts[name] for name in reading.ENDINGS) == 5


def test_every_changed_byte_is_told_or_harmless(tmp_path, episode):
    content = episode.read_bytes()
    flips = corruption.stratified(content, 60, 3)
    assert {flip.pattern for flip in flips} <= set(range(1, 256))
    told = []
    counts = corruption.try_flips(episode, flips, tmp_path, lambda *what: told.append(what))
    assert told == [] and counts["told"] + counts["harmless"] == 60
    assert (tmp_path / episode.name).read_bytes() == content


def test_strata_are_all_of_a_file_once(episode):
    content = episode.read_bytes()
    parts = corruption.strata(content)
    spans = sorted(span for part in parts for span in part.spans)
    assert spans[0][0] == 0 and spans[-1][1] == len(content)
    assert all(one[1] == other[0] for one, other in zip(spans, spans[1:], strict=False))
    assert {"magic", "data: chunk, body", "index: footer, body"} <= {part.name for part in parts}
    every = corruption.every_byte(content, 1)
    assert [flip.place for flip in every] == list(range(len(content)))


def test_damage_that_verification_does_not_tell_is_found(tmp_path, episode, monkeypatch):
    monkeypatch.setattr(corruption, "check_file", lambda path: _Whole())
    content = episode.read_bytes()
    flip = corruption.Flip(len(content) // 2, 255)
    told = []
    counts = corruption.try_flips(episode, [flip], tmp_path, lambda *what: told.append(what))
    assert counts["missed"] == 1 and told[0][0] == flip


class _Whole:
    damage = ()


def test_counts_add_up_over_runs_and_make_a_page(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(robustness, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    robustness.check_writable()
    robustness.add("fuzz", {"a": {"tried": 1_000, "foreign": 1}})
    robustness.add("fuzz", {"a": {"tried": 234, "foreign": 0}, "b": {"tried": 1}})
    robustness.add("chaos", {"killed": {"tried": 3, "lost": 0}})
    page = (tmp_path / "docs" / robustness.PAGE).read_text()
    assert "| a | 1,234 | 1 |" in page and "| b | 1 | – |" in page and "| all | 1,235 | 1 |" in page
    assert page.index("Changed input") < page.index("Disturbed runs") and "Flipped" not in page
    path = tmp_path / "docs" / robustness.COUNTS
    assert json.loads(path.read_text())["fuzz"]["a"] == {"tried": 1_234, "foreign": 1}
    for wrong in ("[]", '{"fuzz": 3}', '{"fuzz": {"a": {"b": "c"}}}', "{"):
        path.write_text(wrong)
        with pytest.raises(ConfigError, match=r"counts\.json"):
            robustness.check_writable()


def test_the_page_of_the_repository_follows_from_its_counts():
    page = pages.ROOT / "docs" / robustness.PAGE
    assert page.read_text(encoding="utf-8") == robustness.document(robustness.read_counts())


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["fuzz", "--kinds", "opendriv"], '"opendrive"'),
        (["fuzz", "--minutes", "0"], "above 0"),
        (["fuzz", "--kinds", "episodes", "--inputs", "1", "--episode", "no/such.mcap"], "no/such.mcap"),
        (["corrupt", "--small", "no/such.mcap", "--only", "small"], "no/such.mcap"),
        (["corrupt", "--flips", "-1"], "from 0"),
    ],
)
def test_wrong_usage_is_one_line(words, part, capsys):
    try:
        code = main(words)
    except SystemExit as exit_:
        code = exit_.code
    said = capsys.readouterr().err
    assert code == 2 and part in said and len(said.strip().splitlines()) == 1
