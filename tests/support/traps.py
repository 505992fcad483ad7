"""Folders full of modules that must not run, and commands that are started in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.whole_runs import ENV, ROOT

# As the installed script starts, whose own folder is first on the path, and as `python -m` does.
SCRIPT = ("-P", "-c", "import sys; from edge_app.__main__ import main; sys.exit(main())")
HOST_SCRIPT = ("-P", "-c", "import sys; from host_tools.__main__ import main; sys.exit(main())")
MODULE = ("-m", "edge_app")
INSTALLED = (
    "numpy", "cv2", "av", "PIL", "pip", "rich", "msgspec", "picamera2", "libcamera", "yaml",
    "ai_edge_litert", "tflite_runtime", "tensorflow", "keras", "setuptools", "google", "psutil",
    "sitecustomize", "usercustomize", "host_tools",
)  # fmt: skip


def folder_of_traps(folder: Path, spared: frozenset[str] = frozenset()) -> Path:
    """Write a module and a package of every name but the spared ones; return the folder."""
    for name in {*sys.stdlib_module_names, *INSTALLED} - spared:
        trap = f"open({str(folder / 'ran')!r}, 'a').write(__file__ + chr(10))\n"
        (folder / f"{name}.py").write_text(trap)
        (folder / name).mkdir()
        for part in ("__init__", "__main__"):
            (folder / name / f"{part}.py").write_text(trap)
    return folder


def run_there(
    folder: Path, start: tuple[str, ...], *arguments: object
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with empty caches."""
    env = {**ENV, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, *start, *map(str, arguments)],
        cwd=folder, env=env, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip


def loaded_by_python_itself() -> frozenset[str]:
    """Return the modules that `python -m` looks for before the first line of a program."""
    code = "import sys; print(*(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"import runpy; {code}"], capture_output=True, text=True, check=True
    )
    return frozenset(done.stdout.split())
