"""A file that is new is tried in a child once, and its verdict is remembered."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.errors import ModelError
from edge_app.interpreter import probe
from edge_app.interpreter.probe import cache_file, ensure_loadable
from edge_app.interpreter.runtimes import Runtime

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = Runtime("litert", "2.3.0", lambda: None)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file to try, with an empty memory of verdicts."""
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


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pass", ""),
        (dying_of("SIGSEGV"), "crashes litert (SIGSEGV): the file is damaged"),
        (dying_of("SIGABRT"), "crashes litert (SIGABRT): the file is damaged"),
        (dying_of("SIGILL"), "this CPU lacks an instruction the runtime was built for"),
        ("sys.stdout.write(sys.argv[2] + ' takes text; use another'); sys.exit(3)", " takes text"),
    ],
    ids=["good", "SIGSEGV", "SIGABRT", "SIGILL", "words"],
)
def test_a_verdict_of_the_file_is_kept(
    model: Path, children: Callable[[str], Path], code: str, words: str
) -> None:
    """The second time no child is started, and the same is said."""
    log = children(code)
    first = verdict(model)
    assert words in first
    assert first == "" or first.startswith(f"{model} ")
    assert verdict(model) == first
    assert log.read_text().split() == ["-"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (dying_of("SIGINT"), "could not be tried (SIGINT ended the trial)"),
        (dying_of("SIGTERM"), "could not be tried (SIGTERM ended the trial)"),
        (dying_of("SIGKILL"), "free some memory and repeat"),
        ("sys.exit('ImportError: no numpy')", "cannot be run by litert: ImportError: no numpy;"),
        ("sys.exit(1)", "cannot be run by litert: no reason given;"),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGKILL", "a fault", "no words"],
)
def test_what_is_not_the_files_fault_is_tried_again(
    model: Path, children: Callable[[str], Path], code: str, words: str
) -> None:
    """An interrupted or starved trial does not spoil the file for good."""
    log = children(code)
    assert words in verdict(model)
    children("pass")
    assert verdict(model) == ""
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
    """The verdict belongs to content and runtime, not to the name."""
    log = children(dying_of("SIGSEGV"))
    assert verdict(model)
    children("pass")
    ensure_loadable(model, Runtime("litert", "2.4.0", lambda: None), None)
    ensure_loadable(model, Runtime("tensorflow", "2.3.0", lambda: None), None)
    model.write_bytes(b"another model")
    assert verdict(model) == ""
    assert len(log.read_text().split()) == 4


def test_a_copy_is_known_and_named_by_its_own_path(
    model: Path, children: Callable[[str], Path]
) -> None:
    """The same bytes under another name need no child, and the message names that one."""
    log = children(dying_of("SIGSEGV"))
    assert verdict(model).startswith(f"{model} crashes")
    copy = model.with_name("copy.tflite")
    copy.write_bytes(model.read_bytes())
    assert verdict(copy).startswith(f"{copy} crashes")
    assert len(log.read_text().split()) == 1


def test_a_short_name_is_not_found_inside_the_words(
    model: Path, children: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file called `t` takes nothing out of the message of its copy."""
    children("sys.stdout.write('t takes text, not a picture'); sys.exit(3)")
    monkeypatch.chdir(model.parent)
    short = Path("t")
    short.write_bytes(model.read_bytes())
    assert verdict(short) == "t takes text, not a picture"
    assert verdict(model) == f"{model} takes text, not a picture"


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


@pytest.mark.parametrize("memory", ["", "{", "[]", '{"a": 1}', "\0"])
def test_a_broken_memory_is_begun_anew(
    model: Path, children: Callable[[str], Path], memory: str
) -> None:
    """What cannot be read of earlier verdicts is as if there were none."""
    log = children("pass")
    cache_file().parent.mkdir(parents=True)
    cache_file().write_text(memory)
    assert verdict(model) == verdict(model) == ""
    assert len(log.read_text().split()) == 1
    assert isinstance(json.loads(cache_file().read_text()), dict)
    assert [path.name for path in cache_file().parent.iterdir()] == ["probed.json"]


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
        "from edge_app.interpreter.probe import _limit_memory\n"
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
