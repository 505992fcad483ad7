"""A file that is new is tried in a child; once it ran, that is remembered, and no failure is."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from edge_app.model.interpreter import sandbox as probe
from edge_app.model.interpreter.runtimes import Runtime
from edge_app.model.interpreter.sandbox import cache_file, ensure_loadable

ROOT = Path(__file__).resolve().parents[4]
RUNTIME = Runtime("litert", "2.3.0", lambda: None)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file to try, with an empty memory of trials."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "model.tflite"
    path.write_bytes(b"a model")
    return path


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a way to set what the child does; each one leaves a line in the file returned."""
    log = tmp_path / "children"
    log.touch()

    def let(code: str) -> Path:
        note = f"import os, signal, sys; open({str(log)!r}, 'a').write(sys.argv[3] + '\\n')\n"
        monkeypatch.setattr(probe, "_command", lambda: [sys.executable, "-c", note + code])
        return log

    return let


def verdict(path: Path, size_wh: tuple[int, int] | None = None) -> str:
    """Return what is said of a file, or an empty text."""
    try:
        ensure_loadable(path, RUNTIME, size_wh)
    except ModelError as fault:
        return str(fault)
    return ""


def dying_of(name: str) -> str:
    """Return a child's code that ends by a signal."""
    return f"os.kill(os.getpid(), signal.{name})"


FAILURES = {
    "SIGSEGV": (dying_of("SIGSEGV"), "crashes litert (SIGSEGV): the file is damaged"),
    "SIGABRT": (dying_of("SIGABRT"), "crashes litert (SIGABRT): the file is damaged"),
    "SIGILL": (dying_of("SIGILL"), "this CPU lacks an instruction the runtime was built for"),
    "Ctrl-C": (dying_of("SIGINT"), "could not be tried (SIGINT ended the trial)"),
    "SIGTERM": (dying_of("SIGTERM"), "could not be tried (SIGTERM ended the trial)"),
    "SIGKILL": (dying_of("SIGKILL"), "free some memory and repeat"),
    "words": ("sys.stdout.write(sys.argv[2] + ' takes text; use another'); sys.exit(3)", " takes"),
    "a fault": (
        "sys.exit('ImportError: no numpy')",
        "cannot be run by litert: ImportError: no numpy;",
    ),
    "no words": ("sys.exit(1)", "cannot be run by litert: no reason given;"),
}


def test_what_ran_is_not_tried_again(model: Path, children: Callable[[str], Path]) -> None:
    """The second time no child is started."""
    log = children("pass")
    assert verdict(model) == verdict(model) == ""
    assert log.read_text().split() == ["-"]


@pytest.mark.parametrize(("code", "words"), FAILURES.values(), ids=FAILURES)
def test_no_failure_sticks(
    model: Path, children: Callable[[str], Path], code: str, words: str
) -> None:
    """A file that failed is tried again each time, and runs once the cause has passed."""
    log = children(code)
    first = verdict(model)
    assert words in first
    assert first.startswith(f"{model} ")
    assert verdict(model) == first
    children("pass")
    assert verdict(model) == verdict(model) == ""
    assert len(log.read_text().split()) == 3


def test_another_cpu_tries_anew(
    model: Path, children: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card that moves to an older board does not bring the newer one's verdicts along."""
    log = children("pass")
    assert verdict(model) == ""
    monkeypatch.setattr(probe, "_cpu", lambda: "aarch64-an-older-one")
    children(dying_of("SIGILL"))
    assert "this CPU lacks an instruction" in verdict(model)
    monkeypatch.undo()
    assert len(log.read_text().split()) == 2


def test_a_trial_that_does_not_end_is_given_up(
    model: Path, children: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that hangs is ended, and the file may be tried again."""
    monkeypatch.setattr(probe, "_TIMEOUT_S", 0.5)
    children("signal.pause()")
    assert "did not finish one run in 0.5 s; try another runtime" in verdict(model)
    children("pass")
    assert verdict(model) == ""


def test_a_changed_file_and_another_runtime_are_tried_anew(
    model: Path, children: Callable[[str], Path]
) -> None:
    """That it ran belongs to content and runtime, not to the name."""
    log = children("pass")
    assert verdict(model) == ""
    ensure_loadable(model, Runtime("litert", "2.4.0", lambda: None), None)
    ensure_loadable(model, Runtime("tensorflow", "2.3.0", lambda: None), None)
    model.write_bytes(b"another model")
    children(dying_of("SIGSEGV"))
    assert verdict(model)
    assert len(log.read_text().split()) == 4


def test_a_copy_is_known(model: Path, children: Callable[[str], Path]) -> None:
    """The same bytes under another name need no child."""
    log = children("pass")
    assert verdict(model) == ""
    copy = model.with_name("copy.tflite")
    copy.write_bytes(model.read_bytes())
    assert verdict(copy) == ""
    assert len(log.read_text().split()) == 1


def test_a_size_matters_only_where_the_file_leaves_it_open(
    model: Path, children: Callable[[str], Path]
) -> None:
    """A file that runs without a size is not tried again with one."""
    log = children("if sys.argv[3] == '-': sys.stdout.write(sys.argv[2] + ' is open'); sys.exit(3)")
    assert verdict(model).endswith(" is open")
    assert verdict(model, (32, 24)) == ""
    assert verdict(model, (64, 48)) == ""
    assert verdict(model, (64, 48)) == ""
    assert log.read_text().split() == ["-", "32x24", "64x48"]
    model.write_bytes(b"a fixed model")
    children("pass")
    assert verdict(model) == ""
    assert verdict(model, (32, 24)) == ""
    assert log.read_text().split() == ["-", "32x24", "64x48", "-"]


@pytest.mark.parametrize("memory", ["", "{", "{}", '{"a": 1}', "[1]", "\0"])
def test_a_broken_memory_is_begun_anew(
    model: Path, children: Callable[[str], Path], memory: str
) -> None:
    """What cannot be read of earlier trials is as if there were none."""
    log = children("pass")
    cache_file().parent.mkdir(parents=True)
    cache_file().write_text(memory)
    assert verdict(model) == verdict(model) == ""
    assert len(log.read_text().split()) == 1
    assert isinstance(json.loads(cache_file().read_text()), list)
    assert [path.name for path in cache_file().parent.iterdir()] == [cache_file().name]


def test_a_memory_that_cannot_be_written_costs_a_trial_only(
    model: Path, children: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a read-only card files are tried each time, and run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(model))  # a file, so nothing can be made below it
    log = children("pass")
    assert verdict(model) == verdict(model) == ""
    assert len(log.read_text().split()) == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.tflite", "is not there; check the path"),
        (".", "is a folder; name a .tflite file in it, or a folder with a model.json"),
    ],
)
def test_what_is_no_file_is_said_without_a_child(
    model: Path, children: Callable[[str], Path], name: str, words: str
) -> None:
    """A missing path and a folder are told apart."""
    log = children("pass")
    assert words in verdict(model.parent / name)
    assert log.read_text() == ""
    assert "is no file" in verdict(Path("/dev/null"))


def test_a_trial_cannot_take_the_machines_memory() -> None:
    """A child that asks for more than four gigabytes gets a MemoryError."""
    code = (
        "from edge_app.model.interpreter.sandbox import _limit_memory\n"
        "_limit_memory()\n"
        "try: bytearray(5 << 30)\n"
        "except MemoryError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "refused\n"


def test_the_child_really_loads_and_runs(assets: Path, tmp_path: Path) -> None:
    """The program that the child runs accepts a good model, and words a bad one or dies of it."""
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"TFL3" * 100)

    def tried(path: Path) -> subprocess.CompletedProcess[str]:
        command = [*probe._command(), "auto", str(path), "-"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    good = tried(assets / "models/mnist/int8.tflite")
    assert (good.returncode, good.stdout) == (0, "")
    refused = tried(bad)
    if refused.returncode >= 0:
        assert refused.returncode == 3
        assert refused.stdout.startswith(f"{bad} is ")
