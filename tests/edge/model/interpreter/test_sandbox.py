"""A new file is tried in a child process; success is cached, failures are not."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_app.child_process import run_child
from edge_app.errors import ModelError
from edge_app.model.interpreter import sandbox
from edge_app.model.interpreter.runtimes import Runtime, load_runtime
from edge_app.model.interpreter.sandbox import cache_file, ensure_loadable

ROOT = Path(__file__).resolve().parents[4]
RUNTIME = Runtime("litert", "2.3.0", lambda: None)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file to try, with an empty cache of trials."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "model.tflite"
    path.write_bytes(b"a model")
    return path


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that sets the child's code and returns its log, a line per child."""
    log, modules = tmp_path / "children", tmp_path / "modules"
    log.touch()
    modules.mkdir()
    monkeypatch.syspath_prepend(str(modules))
    monkeypatch.setattr(sandbox, "_CHILD", "trial")

    def set_code(code: str) -> Path:
        note = f"import os, signal, sys; open({str(log)!r}, 'a').write(sys.argv[3] + '\\n')\n"
        (modules / "trial.py").write_text(note + code)
        return log

    return set_code


def error_of(path: Path, size_wh: tuple[int, int] | None = None) -> str:
    """Return the error message about a file, or an empty text."""
    try:
        ensure_loadable(path, RUNTIME, size_wh)
    except ModelError as fault:
        return str(fault)
    return ""


def killed_by(name: str) -> str:
    """Return the code of a child that is ended by a signal."""
    default = "signal.signal(signal.SIGINT, signal.SIG_DFL); "
    return f"{default if name == 'SIGINT' else ''}os.kill(os.getpid(), signal.{name})"


FAILURES = {
    "SIGSEGV": (killed_by("SIGSEGV"), "crashes litert (SIGSEGV): the file is damaged"),
    "SIGABRT": (killed_by("SIGABRT"), "crashes litert (SIGABRT): the file is damaged"),
    "SIGILL": (killed_by("SIGILL"), "this CPU lacks an instruction the runtime was built for"),
    "Ctrl-C": (killed_by("SIGINT"), "could not be tried (SIGINT ended the trial)"),
    "SIGTERM": (killed_by("SIGTERM"), "could not be tried (SIGTERM ended the trial)"),
    "SIGKILL": (killed_by("SIGKILL"), "free some memory and try again"),
    "message": (
        "sys.stdout.write(sys.argv[2] + ' takes text; use images'); sys.exit(3)",
        " takes",
    ),
    "exception": (
        "sys.exit('ImportError: no numpy')",
        "cannot be run by litert: ImportError: no numpy;",
    ),
    "no message": ("sys.exit(1)", "cannot be run by litert: no reason given;"),
}


def test_a_file_that_ran_is_not_tried_again(model: Path, children: Callable[[str], Path]) -> None:
    """The second time no child is started."""
    log = children("pass")
    assert error_of(model) == error_of(model) == ""
    assert log.read_text().split() == ["-"]


@pytest.mark.parametrize(("code", "message"), FAILURES.values(), ids=FAILURES)
def test_failures_are_not_cached(
    model: Path, children: Callable[[str], Path], code: str, message: str
) -> None:
    """A file that failed is tried again each time, and runs once the cause is gone."""
    log = children(code)
    first = error_of(model)
    assert message in first
    assert first.startswith(f"{model} ")
    assert error_of(model) == first
    children("pass")
    assert error_of(model) == error_of(model) == ""
    assert len(log.read_text().split()) == 3


def test_another_cpu_tries_again(
    model: Path, children: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An SD card that moves to an older board does not keep the newer board's results."""
    log = children("pass")
    assert error_of(model) == ""
    monkeypatch.setattr(sandbox, "_cpu", lambda: "aarch64-an-older-one")
    children(killed_by("SIGILL"))
    assert "this CPU lacks an instruction" in error_of(model)
    monkeypatch.undo()
    assert len(log.read_text().split()) == 2


def test_a_trial_that_hangs_is_ended(
    model: Path, children: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that hangs is ended, and the file may be tried again."""
    monkeypatch.setattr(sandbox, "_TIMEOUT_S", 0.5)
    children("signal.pause()")
    assert "did not finish one run in 0.5 s; try another runtime" in error_of(model)
    children("pass")
    assert error_of(model) == ""


def test_a_changed_file_and_another_runtime_are_tried_again(
    model: Path, children: Callable[[str], Path]
) -> None:
    """Success is cached by content and runtime, not by name."""
    log = children("pass")
    assert error_of(model) == ""
    ensure_loadable(model, Runtime("litert", "2.4.0", lambda: None), None)
    ensure_loadable(model, Runtime("tensorflow", "2.3.0", lambda: None), None)
    model.write_bytes(b"another model")
    children(killed_by("SIGSEGV"))
    assert error_of(model)
    assert len(log.read_text().split()) == 4


def test_a_copy_is_known(model: Path, children: Callable[[str], Path]) -> None:
    """The same bytes under another name need no child."""
    log = children("pass")
    assert error_of(model) == ""
    copy = model.with_name("copy.tflite")
    copy.write_bytes(model.read_bytes())
    assert error_of(copy) == ""
    assert len(log.read_text().split()) == 1


def test_a_size_matters_only_where_the_file_leaves_it_open(
    model: Path, children: Callable[[str], Path]
) -> None:
    """A file that runs without a size is not tried again with one."""
    log = children("if sys.argv[3] == '-': sys.stdout.write(sys.argv[2] + ' is open'); sys.exit(3)")
    assert error_of(model).endswith(" is open")
    assert error_of(model, (32, 24)) == ""
    assert error_of(model, (64, 48)) == ""
    assert error_of(model, (64, 48)) == ""
    assert log.read_text().split() == ["-", "32x24", "64x48"]
    model.write_bytes(b"a fixed model")
    children("pass")
    assert error_of(model) == ""
    assert error_of(model, (32, 24)) == ""
    assert log.read_text().split() == ["-", "32x24", "64x48", "-"]


@pytest.mark.parametrize("cache", ["", "{", "{}", '{"a": 1}', "[1]", "\0", "[" * 200_000])
def test_a_broken_cache_is_replaced(
    model: Path, children: Callable[[str], Path], cache: str
) -> None:
    """A cache that cannot be read counts as empty."""
    log = children("pass")
    cache_file().parent.mkdir(parents=True)
    cache_file().write_text(cache)
    assert error_of(model) == error_of(model) == ""
    assert len(log.read_text().split()) == 1
    assert isinstance(json.loads(cache_file().read_text()), list)
    assert [path.name for path in cache_file().parent.iterdir()] == [cache_file().name]


def test_a_cache_that_cannot_be_written_costs_only_a_trial(
    model: Path, children: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a read-only card files are tried each time, and run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(model))  # a file, so nothing can be made below it
    log = children("pass")
    assert error_of(model) == error_of(model) == ""
    assert len(log.read_text().split()) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.tflite", "does not exist; check the path"),
        (".", "is a folder; name a .tflite file in it, or a folder with a model.json"),
    ],
)
def test_a_missing_file_needs_no_child(
    model: Path, children: Callable[[str], Path], name: str, message: str
) -> None:
    """A missing path, a folder and a device have messages of their own."""
    log = children("pass")
    assert message in error_of(model.parent / name)
    assert log.read_text() == ""
    assert "is not a file" in error_of(Path("/dev/null"))


def test_a_trial_cannot_take_the_machines_memory() -> None:
    """A child that allocates more than four gigabytes gets a MemoryError."""
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
    """The child accepts a good model, and explains a bad one or crashes."""
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"TFL3" * 100)

    def run(path: Path) -> tuple[int, str]:
        done = run_child(sandbox._CHILD, "auto", str(path), "-", timeout_s=60)
        return done.returncode, done.stdout.decode()

    assert run(assets / "models/mnist/int8.tflite") == (0, "")
    code, message = run(bad)
    if code >= 0:
        assert code == 3
        assert message.startswith(f"{bad} is ")


def damaged(assets: Path, path: Path, kind: str) -> Path:
    """Write the shipped digit network with a name that is no text, or without an output."""
    content = bytearray((assets / "models/mnist/int8.tflite").read_bytes())
    if kind == "name":
        place = content.index(b"mnist_1/reshape_1")
        content[place] = 0xEE
    else:
        from ai_edge_litert.tools import flatbuffer_utils as tools

        parsed = tools.read_model_from_bytearray(content)
        parsed.subgraphs[0].outputs = []
        parsed.signatureDefs = None
        content = tools.convert_object_to_bytearray(parsed)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [("name", "is damaged: a name in it is no text;"), ("output", "has no output;")],
)
def test_damaged_models_are_refused_in_one_line(
    assets: Path, model: Path, kind: str, message: str
) -> None:
    """The trial does what a run does: names and outputs are read in the child."""
    pytest.importorskip("ai_edge_litert", reason="needs LiteRT")
    path = damaged(assets, model, kind)
    with pytest.raises(ModelError, match=message) as raised:
        ensure_loadable(path, load_runtime("litert"), None)
    assert "\n" not in str(raised.value)


def test_a_state_that_cannot_be_cleared_is_a_reason() -> None:
    """LiteRT may refuse to reset the variables of a damaged recurrent network."""

    class Recurrent:
        """A network whose state has no memory."""

        runtime = RUNTIME

        def reset(self) -> None:
            """Fail as the runtime does."""
            raise RuntimeError("subgraph.cc:1092 tensor.data.raw != nullptr was not true.")

    problem = sandbox._reset_problem("a.tflite", Recurrent())  # type: ignore[arg-type]
    assert problem.startswith("a.tflite keeps a state from one image to the next that LiteRT 2.3.0")
