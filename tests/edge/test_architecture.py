"""The rooms stand in ranks, and importing them does nothing but define things."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("sources", "preprocess", "interpreter", "decode", "digits", "overlay", "sinks")
# A room imports only rooms of lower lines; stages do not import one another.
ORDER = (
    ("errors", "closing"),
    ("exits", "parsing", "labels", "timing", "style", "fields", "notify"),
    ("quality", "controls", "remembered"),
    ("frame", "spec", "assets", "board"),
    ("golden", "upsample"),
    STAGES,
    ("pipeline",),
    ("bench", "evaluate", "doctor", "service"),
    ("commands",),
    ("cli",),
    ("__main__",),
)
RANKS = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
RUNTIMES = ("ai_edge_litert", "tflite_runtime", "tensorflow")
FILES = sorted((ROOT / "edge_app").rglob("*.py"))
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in FILES
]


def room_of(path: Path) -> str:
    """Return the room a file belongs to: the first name below the package."""
    return path.relative_to(ROOT / "edge_app").parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and full name of every import of a file, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def child(code: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run some code in a fresh Python."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rooms_import_lower_rooms_only() -> None:
    """The order of the rooms holds, and no stage knows another."""
    wrong = []
    for path in FILES:
        room = room_of(path)
        if room == "__init__":
            continue
        assert room in RANKS, f"the room {room} has no place in ORDER"
        for line, name in imports_of(path):
            if not name.startswith("edge_app."):
                continue
            other = name.split(".")[1]
            if other in RANKS and other != room and RANKS[other] >= RANKS[room]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {other}")
    assert wrong == []


def test_the_device_half_stands_alone() -> None:
    """edge_app imports neither TensorFlow nor the workstation half, not even in a function."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in FILES
        for line, name in imports_of(path)
        if name.split(".")[0] in {"tensorflow", "keras", "host_tools", "tests"}
    ]
    assert wrong == []


def test_one_room_alone_names_a_runtime() -> None:
    """Modules of runtimes are named in the interpreter's room and nowhere else."""
    wrong = []
    for path in FILES:
        if room_of(path) == "interpreter":
            continue
        names = [name for _, name in imports_of(path)]
        names += [
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        wrong += [
            f"{path.relative_to(ROOT)}: {name}" for name in names if name.split(".")[0] in RUNTIMES
        ]
    assert wrong == []


@pytest.mark.parametrize("package", ["edge_app", "host_tools"])
def test_no_room_is_too_large_to_read(package: str) -> None:
    """A module has at most 300 lines."""
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / package).rglob("*.py")
    }
    assert {name: lines for name, lines in sizes.items() if lines > 300} == {}


def test_every_room_says_what_it_is_for() -> None:
    """Every module begins with a docstring, and nothing but imports and definitions runs."""
    for path in FILES:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"
        calls = [
            node.lineno
            for node in tree.body
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ]
        assert calls == [], f"{path} calls something at import"


def test_every_room_imports_first_and_without_a_runtime() -> None:
    """Each module can be the first one imported; no runtime and no camera is touched."""
    done = child(
        """
import sys
for name in ("tensorflow", "host_tools", "picamera2", "libcamera", "keras"):
    sys.modules[name] = None
import importlib
for name in sys.argv[1:]:
    for known in [known for known in sys.modules if known.split(".")[0] == "edge_app"]:
        del sys.modules[known]
    importlib.import_module(name)
loaded = {name.split(".")[0] for name, module in sys.modules.items() if module is not None}
print(sorted(loaded & {"ai_edge_litert", "tflite_runtime", "tensorflow"}))
""",
        *MODULES,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["[]"]
    assert done.stderr == ""


@pytest.mark.parametrize("code", ["import edge_app", "import edge_app.errors, edge_app.labels"])
def test_the_package_itself_is_light(code: str) -> None:
    """Importing the package and its lowest rooms loads nothing of weight."""
    assert heavy_after(code) == set()


@pytest.mark.parametrize("arguments", ["--help", "--version", "run --help", "bench --help"])
def test_help_loads_nothing_of_weight(arguments: str) -> None:
    """Asking for help answers without OpenCV, numpy, a runtime or rich."""
    code = f"""
import edge_app.cli
try:
    edge_app.cli.main({arguments.split()!r})
except SystemExit as end:
    assert end.code == 0
"""
    assert heavy_after(code) == set()


def heavy_after(code: str) -> set[str]:
    """Return which heavy packages are loaded after some code ran."""
    done = child(f"{code}\nimport sys\nsys.stderr.write(' '.join(sys.modules))")
    assert done.returncode == 0, done.stderr
    roots = {name.split(".")[0] for name in done.stderr.split()}
    return roots & {"cv2", "numpy", "av", "PIL", "rich", *RUNTIMES}
