"""Changes guided by coverage: what is kept by content and confirmed from its file, and what libFuzzer is told."""

import hashlib
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from simengine.core.errors import ConfigError
from tools.checks.fuzz import campaign, guided, processes, reading
from tools.checks.fuzz.contents import Content
from tools.checks.fuzz.subjects import SUBJECTS, case_of, of_content

CONTENTS = ("episodes", "index", "opendrive", "commonroad", "settings", "concrete", "checkpoints", "overrides")


def _read(path):
    content = path.read_bytes()
    if content.startswith(b"raise"):
        raise KeyError("a")
    if content.startswith(b"refuse"):
        raise ConfigError("a = 1: too small")
    if content.startswith(b"die"):
        os.kill(os.getpid(), signal.SIGSEGV)


def _words(scratch, given):
    def change(content, chance):
        if content == b"structure":
            raise ValueError("there is none")
        return content + b"x" * chance.randrange(2, 4)

    return Content("word.txt", [b"take", b"refuse"], change, _read)


def job_of(tmp_path, **more):
    return processes.Job("words", 5, 30, 60.0, tmp_path / "scratch", tmp_path / "kept", None, **more)


def test_what_is_a_file_or_a_word_is_content_and_may_be_guided():
    assert {kind for kind, subject in SUBJECTS.items() if subject.content is not None} == set(CONTENTS)


def test_a_changed_content_is_the_file_that_is_read(tmp_path):
    make = of_content(_words).prepare(tmp_path, None)
    case = processes.fresh(make, random.Random(1), tmp_path / "case")
    content = (tmp_path / "case" / "word.txt").read_bytes()
    assert content.rstrip(b"x") in (b"take", b"refuse") and content.endswith(b"xx") and case.size == len(content)


class _Atheris:
    def __init__(self):
        self.asked = []

    def Mutate(self, content, most):  # noqa: N802  libFuzzer's name
        self.asked.append((content, most))
        return b"of libFuzzer"


def test_changes_are_of_right_contents_of_what_was_found_and_of_libfuzzer():
    atheris, content = _Atheris(), _words(None, None)
    change = guided._mutator(content, atheris)
    found = [change(b"found", 20, seed) for seed in range(400)]
    assert found == [change(b"found", 20, seed) for seed in range(400)]
    count = {name: sum(one.startswith(name) for one in found) for name in (b"takex", b"refusex", b"foundx")}
    assert 200 < count[b"takex"] + count[b"refusex"] < 280 and min(count.values()) > 80
    assert sum(one == b"of libFuzzer" for one in found) == 400 - sum(count.values()) > 15
    assert {change(b"found", 5, seed) for seed in range(50)} == {b"of libFuzzer"}  # too long a one is none
    assert not {one for seed in range(50) if (one := change(b"structure", 20, seed)).startswith(b"structure")}


def test_a_change_that_takes_long_is_one_of_libfuzzer(monkeypatch):
    monkeypatch.setattr(guided, "_CHANGING", 0.1)
    monkeypatch.setattr(guided, "_STRUCTURED", 1.0)

    def spins(content, chance):
        end = time.process_time() + 5.0
        while time.process_time() < end:
            pass

    assert guided._mutator(_words(None, None)._replace(change=spins), _Atheris())(b"x", 9, 1) == b"of libFuzzer"


def read_all(tmp_path, monkeypatch, contents, known=(), **more):
    """Read contents as libFuzzer would hand them over; returns counts by ending."""
    monkeypatch.setattr(reading, "bound_addresses", lambda: None)
    counts, shared = [0] * len(reading.ENDINGS), [-1.0, 0.0, 0.0, 5.0, 0.0, 0.0]
    job = job_of(tmp_path, **more)
    job.scratch.mkdir(exist_ok=True)
    read = guided._reader(job, _words(None, None), case_of, shared, counts, set(known))
    for content in contents:
        read(content)
    assert shared[0] == -1 and shared[3] == 5 + len(contents)
    return dict(zip(reading.ENDINGS, counts, strict=True))


def test_findings_of_coverage_are_kept_by_content_and_inputs_of_earlier_runs_count_once(tmp_path, monkeypatch):
    known = [hashlib.sha1(b"take").hexdigest(), hashlib.sha1(b"raise 2").hexdigest()]
    found = read_all(tmp_path, monkeypatch, [b"take", b"take 2", b"refuse", b"raise 1", b"raise 1", b"raise 2"], known)
    assert found == {**dict.fromkeys(reading.ENDINGS, 0), "taken": 1, "refused": 1, "foreign": 3}
    kept = {folder.name: (folder / "word.txt").read_bytes() for folder in (tmp_path / "kept").iterdir()}
    assert kept == {f"words-{processes.name_of(one)}": one for one in (b"raise 1", b"raise 2")}


def test_memory_that_libfuzzer_takes_between_inputs_is_no_inputs(tmp_path, monkeypatch):
    sizes = iter([100, 150, 150, 150, 175, 175])
    monkeypatch.setattr(reading, "resident_now", lambda: next(sizes))
    monkeypatch.setattr(reading, "memory", lambda which: 1_000)
    seen = []
    monkeypatch.setattr(reading, "try_case", lambda number, case, resident: seen.append(resident) or ("taken", None))
    read_all(tmp_path, monkeypatch, [b"take"] * 2)
    assert seen == [1_050, 1_050]
    seen.clear()
    sizes = iter([100, 100, 180, 200, 200])
    read_all(tmp_path, monkeypatch, [b"take"] * 2)
    assert seen == [1_000, 1_020]


def test_the_log_of_libfuzzer_tells_what_was_reached(tmp_path):
    assert guided.reached(tmp_path) == []
    (tmp_path / processes.LOG).write_text(
        "INFO: Seed: 1\n#24\tINITED cov: 66 ft: 71 corp: 23/558b exec/s: 24\n#25\tNEW    cov: 67 ft: 72 corp: 24/3b\n"
        "#99\tREDUCE cov: 70 ft: 80 corp: 25/99b\n"
    )
    assert guided.reached(tmp_path) == [(66, 71, 23), (70, 80, 25)]


def test_modules_with_kernels_stay_as_they_are():
    from numba.core.dispatcher import Dispatcher

    import simengine.simulation.loop.execution  # noqa: F401  which needs most of them

    names = guided._kernel_modules()
    kernels = {
        value.py_func.__module__
        for name, module in list(sys.modules.items()) if name.startswith("simengine.")
        for value in list(vars(module).values()) if isinstance(value, Dispatcher)
    }  # fmt: skip
    assert len(kernels) > 30 and kernels <= set(names)
    readers = {"simengine.road.opendrive", "simengine.scenario.compose", "simengine.simulation.mcap.reader"}
    assert not readers & set(names)


def _work_again_of_words(job, shared, counts):
    SUBJECTS["words"] = of_content(_words)
    processes.work_again(job, shared, counts)


@pytest.mark.parametrize(("content", "wrong"), [(b"take", False), (b"refuse", False), (b"raise", True), (b"die", True)])
def test_a_finding_is_read_again_from_its_file_in_a_fresh_process(tmp_path, monkeypatch, content, wrong):
    monkeypatch.setitem(SUBJECTS, "words", of_content(_words))
    monkeypatch.setattr(campaign, "work_again", _work_again_of_words)
    kept = tmp_path / "words-0123"
    kept.mkdir()
    (kept / "word.txt").write_bytes(content)
    assert campaign.confirmed(kept, "words", 3, None) is wrong


def _ended(kind, first, seconds, most, findings, episode, corpus):
    for ending in ("memory", "foreign"):
        folder = findings / f"{kind}-{ending}"
        folder.mkdir(parents=True)
        (folder / processes.TOLD).write_text(f"{ending}\nwhat\n\n\n")
    return {**dict.fromkeys(reading.ENDINGS, 2), "next": 9, "busy": 1.0, "reached": []}


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_a_fresh_process_reads_well_is_no_finding(tmp_path, monkeypatch, confirmed):
    monkeypatch.setitem(SUBJECTS, "words", of_content(_words))
    monkeypatch.setattr(campaign, "run_kind", _ended)
    monkeypatch.setattr(campaign, "confirmed", lambda *what: confirmed)
    old = tmp_path / "kept" / "words-old"
    old.mkdir(parents=True)
    (old / processes.TOLD).write_text("hang\nof an earlier run\n")
    told = []
    counts = campaign.run(
        ["words"], 1, 1.0, 9, 1, tmp_path / "kept", None, lambda *what: told.append(what), tmp_path / "corpus"
    )["words"]
    names = [folder.name for folder in told[0][2]]
    assert counts["hang"] == 2 and counts["foreign"] == 2 and old.exists()
    assert (counts["memory"], counts["refused"]) == ((2, 2) if confirmed else (1, 3))
    assert names == (["words-foreign", "words-memory"] if confirmed else ["words-foreign"])
    told_again = (tmp_path / "kept" / "words-foreign" / processes.TOLD).read_text()
    assert ("fresh process" in told_again) is not confirmed


def _sleeps(job, shared, counts):
    processes.end_with_parent()
    Path(job.scratch).mkdir()
    Path(job.scratch, "pid").write_text(str(os.getpid()))
    time.sleep(60.0)


def _watches(folder):
    processes.watch(processes.Job("words", 0, 1, 1.0, Path(folder), Path(folder), None), _sleeps)


def test_no_process_outlives_the_one_that_watches_it(tmp_path):
    watcher = multiprocessing.get_context("spawn").Process(target=_watches, args=(str(tmp_path / "x"),))
    watcher.start()
    told = tmp_path / "x" / "pid"
    while not (told.exists() and told.read_text()):
        assert watcher.is_alive()
        time.sleep(0.05)
    watcher.kill()
    watcher.join()
    status = Path(f"/proc/{told.read_text()}/stat")
    for _ in range(200):
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("it is still there")


def test_coverage_guides_a_campaign_and_keeps_what_reached_something_new(tmp_path):
    pytest.importorskip("atheris")
    corpus = tmp_path / "corpus" / "overrides"
    counts = campaign.run_kind("overrides", 1, 600.0, 60, tmp_path / "kept", None, corpus)
    assert sum(counts[name] for name in reading.ENDINGS) > 30 and counts["foreign"] == counts["hang"] == 0
    (first, *_), (last, *_) = counts["reached"][0], counts["reached"][-1]
    assert 0 < first <= last and any(corpus.iterdir())
    again = campaign.run_kind("overrides", 2, 600.0, 60, tmp_path / "kept", None, corpus)
    assert again["reached"][0][0] >= last - 3
