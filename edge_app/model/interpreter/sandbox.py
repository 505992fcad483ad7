"""Try a file that is new to this machine in a child process.

tflite-runtime 2.14.0 dies of a segmentation fault on a truncated file, and runtimes built for
newer CPUs die of an illegal instruction; neither can be caught in Python. That a file ran is
kept by its SHA-256, the runtime's version and the CPU, so it is tried once. That it failed is
not: LiteRT 2.3.0 crashed on a good file where /sys was another machine's, and a verdict that
stays would outlive its cause. Who names a bad file waits for a trial each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.card import file_sha256
from edge_app.model.interpreter.native_interpreter import create_interpreter
from edge_app.model.interpreter.runtimes import Runtime, load_runtime
from edge_app.paths import cache_dir

# The slowest file seen needs 12 s a run on a workstation's old runtime; a Pi 4 takes 45 s.
_TIMEOUT_S = 300
_KEEP = 500
# On the first 100 bytes of a model, tflite-runtime asks for memory until the machine has none.
_MEMORY_BYTES = 4 * 2**30
_CRASHES = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP"}


def ensure_loadable(path: Path, runtime: Runtime, size_wh: tuple[int, int] | None) -> None:
    """Raise ModelError where a file cannot be loaded and run once by a runtime."""
    if path.is_dir():
        raise ModelError(
            f"{path} is a folder; name a .tflite file in it, or a folder with a model.json"
        )
    if not path.is_file():
        raise ModelError(f"{path} is {'no file' if path.exists() else 'not there'}; check the path")
    known = f"{file_sha256(path)} {runtime.name} {runtime.version} {_cpu()}"
    size = f"{size_wh[0]}x{size_wh[1]}" if size_wh else "-"
    ran = _read()
    # A file that runs without being told a size has a fixed one, so a size changes nothing.
    if f"{known} -" in ran or f"{known} {size}" in ran:
        return
    fault = _try_in_child(path, runtime.name, size)
    if fault:
        raise ModelError(fault)
    _write([*ran, f"{known} {size}"])


def _try_in_child(path: Path, runtime: str, size: str) -> str:
    """Return what is wrong with a file, or an empty text."""
    package_root = str(Path(__file__).resolve().parents[2])
    paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        child = subprocess.run(
            [*_command(), runtime, str(path), size],
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
    except subprocess.TimeoutExpired:
        return f"{path} did not finish one run in {_TIMEOUT_S} s; try another runtime or model"
    if child.returncode == 0:
        return ""
    said = child.stdout.decode("utf-8", "replace").strip()
    if child.returncode == 3 and said:
        return said
    if child.returncode < 0:
        return f"{path} {_ended_by(signal.Signals(-child.returncode).name, runtime)}"
    last = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
    return f"{path} cannot be run by {runtime}: {last[0][:200]}; try another runtime or model"


def _command() -> list[str]:
    """Return the child's command line but for its arguments."""
    return [sys.executable, "-m", __name__]


def _ended_by(name: str, runtime: str) -> str:
    """Put the signal that ended a child into words."""
    if name == "SIGILL":
        why = "this CPU lacks an instruction the runtime was built for; try another runtime"
    elif name in _CRASHES:
        why = (
            "the file is damaged, or the runtime fails here; "
            "get or convert it again, or try another runtime"
        )
    else:
        return f"could not be tried ({name} ended the trial); free some memory and repeat"
    return f"crashes {runtime} ({name}): {why}"


def _cpu() -> str:
    """Name this CPU by what it can do: a card moves from one board to another."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        marks = ("flags", "Features", "CPU part", "model name")
        about = sorted({line for line in lines if line.startswith(marks)})
        digest = hashlib.sha256("\n".join(about).encode()).hexdigest()
        return f"{platform.machine()}-{digest[:8]}"
    return platform.machine()


def cache_file() -> Path:
    """Return where the files that ran are remembered."""
    return cache_dir() / "ran.json"


def _read() -> list[str]:
    with suppress(OSError, ValueError):
        kept = json.loads(cache_file().read_text("utf-8"))
        if isinstance(kept, list):
            return [str(one) for one in kept]
    return []


def _write(ran: list[str]) -> None:
    """Remember what ran; where nothing can be written, files are simply tried again."""
    path = cache_file()
    draft = path.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(ran[-_KEEP:]), "utf-8")
        draft.replace(path)


def main(arguments: list[str]) -> int:
    """Load and run a file once: exit 0, or 3 with the reason on standard output."""
    runtime, path, size = arguments
    size_wh = None
    if size != "-":
        width, _, height = size.partition("x")
        size_wh = (int(width), int(height))
    try:
        chosen = load_runtime(runtime)
        _limit_memory()
        native = create_interpreter(Path(path), chosen, 1, size_wh)
        native.invoke()
    except ModelError as fault:
        sys.stdout.write(str(fault))
        return 3
    except MemoryError:
        sys.stdout.write(
            f"{path} asks for gigabytes of memory, so it is damaged or too large; "
            "get or convert it again"
        )
        return 3
    except (ValueError, RuntimeError, SystemError) as fault:
        detail = " ".join(str(fault).split())[:200]
        sys.stdout.write(f"{path} fails when it is run: {detail}; get or convert it again")
        return 3
    return 0


def _limit_memory() -> None:
    """Let a child that runs wild fail before it takes the machine's memory (on Unix)."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        most = min(_MEMORY_BYTES, physical * 3 // 4)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
