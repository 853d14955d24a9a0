"""The command line as a newcomer meets it: help, one-line errors, exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import simengine.learning
from simengine.cli import main
from tests.simulation.episode.test_episode import write


def run(capsys, *arguments):
    try:
        code = main(list(arguments))
    except SystemExit as exit_:
        code = exit_.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("command", ["list", "generate", "replay", "verify", "test", "export", "train", "evaluate"])
def test_every_command_explains_itself(capsys, command):
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert f"simengine {command}" in out and len(out.splitlines()) > 5


def test_the_library_is_listed_with_what_it_tests(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0
    for name in ("highway/cut_in", "urban/occluded_child", "warehouse/person_steps_out"):
        assert name in out
    assert "A child runs out" in out


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["genrate"], ["genrate", '"generate"']),
        (["it's"], ["it's", "allowed: list, generate"]),
        (["list", "weather=fog"], ["weather=fog", "hydra.searchpath"]),
        (["generate", "-m", "weather=glob(x*)"], ["weather=glob(x*)", "no option matches", "fog"]),
        (["generate", "--multrun"], ["--multrun", '"--multirun"']),
        (["generate", "wether=fog"], ["wether", '"weather"']),
        (["generate", "scenario=highway/cutin"], ["highway/cutin", '"highway/cut_in"']),
        (["generate", "episodes=0"], ["episodes = 0", "from 1"]),
        (["generate", "ego.model=bmw320i"], ["ego.model = bmw320i: no such model", '"bmw_320i"', "docs/vehicles.md"]),
        (["generate", "ego.model=deer"], ["ego.model = deer: is of the kind animal; allowed with ego.kind=car: "]),
        (["generate", "ego.kind=robot"], ["ego.model = sedan: is of the kind car; allowed with ego.kind=robot: robot"]),
        (["generate", "episodes=two"], ["episodes = two", "whole number"]),
        (["generate", "seed=" + "9" * 400], ["seed = 999", "…: must be a whole number from 0"]),
        (["generate", "~episodes"], ["episodes = null: must be a whole number"]),
        (["test", "highway/cut_in", "~episodes"], ["episodes = null"]),
        (["test", "highway/cut_in", "~seed"], ["seed = null: must be a whole number"]),
        (["verify", "~/no-such"], [os.path.expanduser("~/no-such")]),
        (["generate", "seed=-1"], ["seed = -1", "from 0"]),
        (["generate", "workers=0"], ["workers = 0", "from 1"]),
        (["generate", "output=/proc/nowhere", "sensors=none"], ["output = /proc/nowhere", "cannot be written"]),
        (["generate", "weather=clear,fog"], ["weather=clear,fog", "-m"]),
        (["generate", "physics.control_rate_hz=7"], ["physics.control_rate_hz = 7", "divide"]),
        (["replay", "no/such/folder"], ["no/such/folder"]),
        (["verify", "no/such/folder"], ["no/such/folder", "no such file"]),
        (["verify", "."], ["no dataset"]),
        (["verify", "/dev/null"], ["/dev/null", "is a device, not a file"]),
        (["test", "no/such/folder"], ["no/such/folder"]),
        (["test", "highway/cut_in", "seed=abc"], ["seed = abc", "whole number"]),
        (["test", "highway/cut_in", "workers=0"], ["workers = 0", "from 1"]),
        (["evaluate", "agent="], ["agent: name the checkpoint"]),
        (["evaluate", "agent=nowhere.zip"], ["nowhere.zip", "no such file"]),
        (["evaluate", "agent=.", "episdoes=5"], ["episdoes=5", "evaluate takes"]),
        (["export", "no/such/folder", "format=kitti", "output=elsewhere"], ["no/such/folder"]),
        (["generate", "++output=/proc/nowhere", "sensors=none"], ["output = /proc/nowhere", "cannot be written"]),
        (["list", "+hydra.searchpath=[file://no/such]"], ["no/such is not a folder"]),
        (["list", "hydra.searchpath=[file://~/no-such]"], [os.path.expanduser("~/no-such")]),
        (["replay", "~/no-such"], [os.path.expanduser("~/no-such")]),
        (["test", "~/no-such"], [os.path.expanduser("~/no-such")]),
        (["test", "highway/cut_in", "--junit", "/dev/null"], ["--junit /dev/null: is a pipe, socket or device"]),
        (["test", "seed=1"], ["name a folder, file or scenario"]),
        (["export", "~/no-such", "format=kitti", "output=elsewhere"], [os.path.expanduser("~/no-such")]),
        (["evaluate", "agent=~/no-such.zip"], [os.path.expanduser("~/no-such.zip"), "no such file"]),
        (["evaluate", "agent='no such (1).zip'"], ["no such (1).zip", "no such file"]),
        (["fit", "~/no-such.xml", "output=x.yaml"], [os.path.expanduser("~/no-such.xml")]),
        (["generate", "scenario.tests=a (b"], ["scenario.tests='a (b'", "quoted twice"]),
    ],
)
def test_wrong_input_gets_one_line_and_exit_code_2(capsys, tmp_path, monkeypatch, arguments, parts):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert len(err.strip().splitlines()) == 1 and err.startswith("simengine: ")
    assert "Traceback" not in err + out
    for part in parts:
        assert part in err
    assert list(tmp_path.rglob("*.mcap")) == []


def test_a_home_folder_is_meant_by_a_tilde_in_an_output_too(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "taken").write_text("a file")
    code, _, err = run(capsys, "generate", "output=~/taken", "sensors=none")
    assert code == 2 and str(tmp_path / "taken") in err and err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["train"], ["evaluate", "agent=."]])
def test_learning_without_its_extra_names_the_pip_line(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(simengine.learning, "ppo", raising=False)
    monkeypatch.delitem(sys.modules, "simengine.learning.ppo", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    code, _, err = run(capsys, *arguments)
    assert code == 2 and 'pip install "simengine[learn]"' in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("closed", [(2,), (1,), (0, 1, 2)])
def test_closed_standard_streams_swallow_what_is_printed_and_nothing_else(tmp_path, closed):
    def close():
        for number in closed:
            os.close(number)

    line = [sys.executable, "-m", "simengine", "generate", "weather=fgo", f"output={tmp_path / 'data'}"]
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        line, preexec_fn=close, capture_output=True, env={**os.environ, "PYTHONPATH": root}, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert (b"fog" in done.stderr) == (2 not in closed) and b"Traceback" not in done.stderr


def test_a_reader_that_is_gone_is_no_traceback_and_no_success(tmp_path, capfd, monkeypatch):
    def write_to_nobody(*arguments):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("simengine.cli.discard_output", lambda: None)
    monkeypatch.setattr("simengine.simulation.jobs.generate.generate", write_to_nobody)
    assert main(["generate", f"output={tmp_path / 'data'}"]) == 141
    monkeypatch.setattr("simengine.verify.library.print_library", write_to_nobody)
    assert main(["list"]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [(["list"], 0), (["--help"], 0), (["lst"], 2), (["verify", "no/such.mcap"], 2), (["verify", "a.mcap"], 141)],
)
def test_a_pipe_that_nobody_reads_ends_what_tells_in_silence(tmp_path, words, code):
    write(tmp_path / "a.mcap", 1)
    line, root = [sys.executable, "-m", "simengine", *words], str(Path(__file__).parents[1])
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}  # as users have it
    reader, writer = os.pipe()
    os.close(reader)
    errors = writer if code == 2 else subprocess.PIPE  # as by `2>&1 | head`
    done = subprocess.run(
        line, stdout=writer, stderr=errors, env={**environment, "PYTHONPATH": root}, cwd=tmp_path, timeout=300
    )
    os.close(writer)
    assert (done.returncode, done.stderr or b"") == (code, b"")


def test_memory_that_does_not_suffice_is_one_line(monkeypatch, capsys):
    def find_no_memory(*arguments):
        raise MemoryError

    monkeypatch.setattr("simengine.simulation.jobs.generate.generate", find_no_memory)
    code, _, err = run(capsys, "generate")
    assert code == 2 and err.startswith("simengine: out of memory") and len(err.splitlines()) == 1


@pytest.mark.parametrize("words", [["list"], ["--help"], ["generate", "--help"], ["--version"]])
def test_a_full_disk_under_what_is_printed_is_one_line(capfd, monkeypatch, words):
    monkeypatch.setattr("simengine.verify.library.print_library", lambda _: print("x"))
    monkeypatch.setattr("simengine.cli.discard_output", lambda: None)  # of this process
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(words) == 2
        monkeypatch.undo()
        assert capfd.readouterr().err == "simengine: cannot be read or written: no space left on device\n"
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())  # else closing it fails, too


def test_nobody_to_tell_a_fault_to_changes_no_exit_code(monkeypatch):
    class Full:
        encoding = "utf-8"

        def write(self, text):
            raise OSError(28, "No space left on device")

        def flush(self):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    assert main(["replay", "no/such/folder"]) == 2


def test_a_library_that_finds_no_memory_is_one_line(monkeypatch, capsys):
    def find_no_room(_):
        raise ImportError("libx.so: failed to map segment from shared object")

    monkeypatch.setattr("simengine.verify.library.print_library", find_no_room)
    code, _, err = run(capsys, "list")
    assert code == 2 and err == "simengine: out of memory; fewer episodes, sensors or workers at once need less\n"


def test_a_folder_that_may_not_be_entered_is_named(monkeypatch, capsys):
    def be_refused(_):
        raise PermissionError(13, "Permission denied", "secret/episodes")

    monkeypatch.setattr("simengine.verify.library.print_library", be_refused)
    code, _, err = run(capsys, "list")
    assert code == 2 and err == "simengine: secret/episodes: cannot be read or written: permission denied\n"
