"""Try a file that is new to this machine in a child process.

tflite-runtime 2.14.0 dies of a segmentation fault on a truncated file, and runtimes built for
newer CPUs die of an illegal instruction; neither can be caught in Python. The verdict is kept
by the file's SHA-256, so a file is tried once per runtime version.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.interpreter.runtimes import Runtime
from edge_app.spec import file_sha256

# The slowest file seen needs 12 s a run on a workstation's old runtime; a Pi 4 takes 45 s.
_TIMEOUT_S = 300
_KEEP = 500


def ensure_loadable(path: Path, runtime: Runtime, size_wh: tuple[int, int] | None) -> None:
    """Raise ModelError where a file cannot be loaded and run once by a runtime."""
    if not path.is_file():
        raise ModelError(f"{path} is not there; check the path")
    size = f"{size_wh[0]}x{size_wh[1]}" if size_wh else "-"
    key = f"{file_sha256(path)} {runtime.name} {runtime.version} {size}"
    verdicts = _read()
    if key not in verdicts:
        verdicts[key] = _try_in_child(path, runtime.name, size)
        _write(verdicts)
    if verdicts[key]:
        raise ModelError(verdicts[key].replace("{path}", str(path)))


def _try_in_child(path: Path, runtime: str, size: str) -> str:
    """Return what is wrong with a file, with {path} for its name, or an empty text."""
    command = [sys.executable, "-m", __name__, runtime, str(path), size]
    package_root = str(Path(__file__).resolve().parents[2])
    paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        child = subprocess.run(
            command,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
    except subprocess.TimeoutExpired:
        return f"{{path}} did not finish one run in {_TIMEOUT_S} s; try another runtime or model"
    if child.returncode == 0:
        return ""
    said = child.stdout.decode("utf-8", "replace").strip()
    if child.returncode == 3 and said:
        return said.replace(str(path), "{path}")
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        why = (
            "this CPU lacks an instruction the runtime was built for; try another runtime"
            if name == "SIGILL"
            else "the file is damaged, or made for another runtime; get or convert it again"
        )
        return f"{{path}} crashes {runtime} ({name}): {why}"
    last = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
    return f"{{path}} cannot be run by {runtime}: {last[0][:200]}; try another runtime or model"


def cache_file() -> Path:
    """Return where verdicts are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "edge-app" / "probed.json"


def _read() -> dict[str, str]:
    with suppress(OSError, ValueError):
        kept = json.loads(cache_file().read_text("utf-8"))
        if isinstance(kept, dict):
            return {str(key): str(value) for key, value in kept.items()}
    return {}


def _write(verdicts: dict[str, str]) -> None:
    """Keep the verdicts; where nothing can be written, files are simply tried again."""
    path = cache_file()
    draft = path.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(dict(list(verdicts.items())[-_KEEP:])), "utf-8")
        draft.replace(path)


def main(arguments: list[str]) -> int:
    """Load and run a file once: exit 0, or 3 with the reason on standard output."""
    # Imported here: network imports this module.
    from edge_app.interpreter.network import prepare
    from edge_app.interpreter.runtimes import load_runtime

    runtime, path, size = arguments
    size_wh = None
    if size != "-":
        width, _, height = size.partition("x")
        size_wh = (int(width), int(height))
    try:
        native = prepare(Path(path), load_runtime(runtime), 1, size_wh)
        native.invoke()
    except ModelError as fault:
        sys.stdout.write(str(fault))
        return 3
    except (ValueError, RuntimeError, SystemError) as fault:
        detail = " ".join(str(fault).split())[:200]
        sys.stdout.write(f"{path} fails when it is run: {detail}; get or convert it again")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
