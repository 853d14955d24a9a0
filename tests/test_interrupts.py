"""Ctrl-C while the command is being imported ends it without a traceback; nobody else's Ctrl-C is touched."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simengine import _interrupts, cli

ROOT = Path(__file__).parents[1]
# In the place of a package that `simengine` imports: Ctrl-C comes in the middle of the imports.
INTERRUPTED = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(20.0)\n"
SCRIPT = "import sys\nfrom simengine.cli import main\nsys.exit(main())\n"


def start(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "gymnasium.py").write_text(INTERRUPTED)
    path = os.pathsep.join(map(str, (folder, ROOT)))
    return subprocess.run(
        [sys.executable, *words, "list"], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True,
        cwd=folder, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests may run in the background
    )  # fmt: skip


def test_a_module_that_is_interrupted_while_it_is_imported_says_nothing(tmp_path):
    done = start(tmp_path, "-m", "simengine")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_the_installed_command_is_silent_too(tmp_path):
    (tmp_path / "simengine").write_text(SCRIPT)
    done = start(tmp_path, str(tmp_path / "simengine"))
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_program_that_imports_the_package_keeps_its_own_way(tmp_path):
    (tmp_path / "mine.py").write_text("try:\n    import simengine\nexcept KeyboardInterrupt:\n    print('caught')\n")
    for words in ([str(tmp_path / "mine.py"), "-m", "simengine"], ["-m", "mine", "simengine"]):
        assert start(tmp_path, *words).stdout == "caught\n"


@pytest.fixture
def as_command(monkeypatch):
    """As if this process was `python -m simengine list`, at the end of its imports."""
    monkeypatch.setattr(sys, "orig_argv", ["python", "-Bm", "simengine", "list"])
    monkeypatch.setattr(sys, "argv", ["…/simengine/__main__.py", "list"])
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    _interrupts.end_on_interrupt()
    yield
    signal.signal(signal.SIGINT, before)


def test_the_command_itself_is_told_of_an_interrupt(as_command, monkeypatch, capsys):
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    monkeypatch.setattr("simengine.verify.library.print_library", lambda _: os.kill(os.getpid(), signal.SIGINT))
    assert cli.main(["list"]) == 130
    assert capsys.readouterr().err == "simengine: interrupted\n"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


def test_who_ignores_interrupts_goes_on_doing_so(as_command):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _interrupts.raising_interrupts():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
