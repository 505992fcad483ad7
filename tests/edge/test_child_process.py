"""A child has its parent's import path and nothing of the current folder, and ends with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge_app import child_process
from edge_app.child_process import protect_library_children, run_child, run_program, start_child
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
# Prints what a child has.
REPORT = """
import json, os, signal, sys
import edge_app
print(json.dumps({
    "path": sys.path, "name": __name__, "arguments": sys.argv[1:], "package": edge_app.__file__,
    "input": sys.stdin.read(), "interrupt": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())), "isolated": sys.flags.isolated,
}, default=str))
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on this process's import path, and start in another one."""
    folder, here = tmp_path / "modules", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(here)
    return folder


def test_a_child_has_the_import_path_of_its_parent(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same order, whatever the environment says; no folder is added, none is relative."""
    (modules / "reports.py").write_text(REPORT)
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    done = run_child("reports", "a", "b c", timeout_s=60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["path"] == [entry for entry in sys.path if entry]
    assert (found["name"], found["arguments"]) == ("__main__", ["a", "b c"])
    assert found["package"] == str(ROOT / "edge_app" / "__init__.py")
    assert found["isolated"] == 1


def test_a_child_reads_nothing_and_leaves_ctrl_c_to_its_parent(modules: Path) -> None:
    """Its standard input is empty, and Ctrl-C is ignored, not blocked for good."""
    (modules / "reports.py").write_text(REPORT)
    found = json.loads(run_child("reports", timeout_s=60).stdout)
    assert (found["input"], found["interrupt"], found["blocked"]) == ("", True, [])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def test_output_is_utf8_whatever_the_locale(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is no text in any encoding is written as well."""
    (modules / "writes.py").write_text("print('Stra\\xdfe \\u2713 \\udcff')", "utf-8")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert run_child("writes", timeout_s=60).stdout.decode() == "Straße ✓ \\udcff\n"


def test_names_of_the_standard_library_in_site_packages_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyPI's `typing` stays behind the real one, as it does in the parent."""
    (tmp_path / "typing.py").write_text("raise SystemExit('not this one')")
    (tmp_path / "imports.py").write_text("import typing; print(typing.TypeAlias)")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    done = run_child("imports", timeout_s=60)
    assert done.stdout.decode() == "typing.TypeAlias\n", done.stderr


def test_every_module_of_the_current_folder_is_passed_over(modules: Path) -> None:
    """Not one of the standard library's names there is imported, nor numpy, pip or edge_app."""
    names = {*sys.stdlib_module_names, "numpy", "pip", "edge_app", "sitecustomize", "usercustomize"}
    for name in names:
        Path(f"{name}.py").write_text(f"open('ran', 'a').write('{name} ')")
    (modules / "imports.py").write_text("import json, typing, numpy, ctypes, subprocess, pip")
    done = run_child("imports", timeout_s=60)
    assert done.returncode == 0, done.stderr
    assert not Path("ran").exists()


def test_a_child_that_hangs_is_ended(modules: Path) -> None:
    """What it has written by then comes with the exception."""
    (modules / "hangs.py").write_text(
        "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    )
    with pytest.raises(subprocess.TimeoutExpired) as late:
        run_child("hangs", timeout_s=2.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(late.value.stdout or b"0"), 0)


PARENT = """
import sys, time
sys.path[:0] = [{root!r}, {modules!r}]
from edge_app.child_process import run_child
run_child({module!r}, timeout_s=600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends a child on Linux only")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_ends_with_its_parent(modules: Path, number: signal.Signals) -> None:
    """Whatever ends the parent, its child goes, and the child's own child."""
    noted = modules / "noted"
    note = f"import os; open({str(noted)!r}, 'a').write(str(os.getpid()) + ' ')\n"
    run = "from edge_app.child_process import run_child; run_child('inner', timeout_s=600)"
    (modules / "outer.py").write_text(note + run)
    (modules / "inner.py").write_text(note + "import time; time.sleep(600)")
    code = PARENT.format(root=str(ROOT), modules=str(modules), module="outer")
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        until("both children", lambda: noted.exists() and noted.read_text().count(" ") == 2, 60)
        parent.send_signal(number)
    children = [int(text) for text in noted.read_text().split()]
    until("their end", lambda: not any(_runs(child) for child in children), 60)


def test_a_child_whose_parent_is_gone_does_nothing(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parent may end before the child's first line."""
    (modules / "writes.py").write_text("print('written')")
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert run_child("writes", timeout_s=60).stdout == b""


def test_ctrl_c_while_a_child_starts_is_for_the_parent(modules: Path) -> None:
    """A child that is interrupted before its first line goes on."""
    (modules / "writes.py").write_text("import time; time.sleep(0.2); print('written')")
    with start_child("writes", stdout=subprocess.PIPE) as child:
        for _ in range(50):
            child.send_signal(signal.SIGINT)
            time.sleep(0.002)
        output, _ = child.communicate()
    assert output == b"written\n"


def test_a_program_of_the_system_has_a_time_limit() -> None:
    """Its output is text."""
    assert run_program(["echo", "yes"], timeout_s=60).stdout == "yes\n"
    with pytest.raises(subprocess.TimeoutExpired):
        run_program(["sleep", "600"], timeout_s=0.2)


def test_children_of_libraries_pass_over_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask's workers are started by multiprocessing, with `python -c`."""
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    protect_library_children()
    (tmp_path / "argparse.py").write_text("raise SystemExit('this one')")
    command = [child_process.python_path(), "-c", "import argparse"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0


def _runs(process: int) -> bool:
    """Return whether a process runs; one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
