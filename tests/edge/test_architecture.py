"""Ranks, import cycles, unique names and module sizes; importing does nothing but define."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
# A module imports only from lower ranks or its own folder; stages do not import one another.
STAGES = ("sources", "digits", "overlay", "metrics")
ORDER = (
    (
        "errors", "closeable", "import_path", "input_file", "child_process", "child_start",
        "program", "process", "console", "labels", "label_sets", "label_fit",
        "label_files", "label_json", "label_text", "palette_files", "timing", "style", "state",
        "quality", "controls", "pointing", "frame", "paths", "unwinding", "disk_faults",
        "output_path", "output_lock", "output_owner", "output_place", "standard_streams",
        "python_environment", "atomic", "channel", "fonts", "status_text", "answer_text", "results",
        "variant_names",
    ),
    ("upsample", "board"),
    ("model",),
    STAGES,
    ("sinks",),
    ("pipeline",),
    ("bench", "evaluate", "doctor", "session", "service"),
    ("commands",),
    ("cli",),
    ("__main__",),
)  # fmt: skip
RANKS = {folder: rank for rank, folders in enumerate(ORDER) for folder in folders}
RUNTIMES = ("ai_edge_litert", "tflite_runtime", "tensorflow")
FILES = sorted((ROOT / "edge_app").rglob("*.py"))
HOST_FILES = sorted((ROOT / "host_tools").rglob("*.py"))
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in FILES
]


def folder_of(path: Path) -> str:
    """Return the first name below the package: a folder, or a module beside them."""
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


def test_modules_import_lower_ranks_only() -> None:
    """Imports go downwards, and no stage imports another."""
    wrong = []
    for path in FILES:
        folder = folder_of(path)
        if folder == "__init__":
            continue
        assert folder in RANKS, f"{folder} has no rank in ORDER"
        for line, name in imports_of(path):
            if not name.startswith("edge_app."):
                continue
            other = name.split(".")[1]
            same_rank = RANKS.get(other) == RANKS[folder]
            if other not in RANKS or other == folder or (same_rank and RANKS[folder] == 0):
                continue
            if RANKS[other] >= RANKS[folder]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {folder} imports {name}")
    assert wrong == []


def test_only_the_cli_imports_commands() -> None:
    """What two commands need lives below `commands`; `arg_types` and `model_options` are shared."""
    shared = ("commands.arg_types", "commands.model_options")
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in HOST_FILES
        if path.name != "cli.py"
        for line, name in imports_of(path)
        if ".commands." in name and not any(part in name for part in shared)
    ]
    assert wrong == []


def module_graph() -> dict[str, set[str]]:
    """Return which module of either package imports which, those inside functions too."""
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in FILES + HOST_FILES
    }
    graph: dict[str, set[str]] = defaultdict(set)
    for module, path in names.items():
        for _, name in imports_of(path):
            found = name if name in names else name.rpartition(".")[0]
            if found in names and found != module:
                graph[module].add(found)
    return graph


def test_the_pipeline_and_the_top_of_host_tools_stay_small() -> None:
    """At most 8 modules in the pipeline with 12 imports among them; 14 entries in host_tools."""
    pipeline = [name for name in MODULES if name.startswith("edge_app.pipeline.")]
    graph = module_graph()
    among = [(one, other) for one in pipeline for other in graph[one] if other in pipeline]
    assert len(pipeline) <= 8
    assert len(among) <= 12
    entries = {path.relative_to(ROOT / "host_tools").parts[0] for path in HOST_FILES}
    assert len(entries - {"__init__.py", "__main__.py"}) <= 14


def test_imports_form_no_cycle() -> None:
    """Every module can be understood after those it imports."""
    graph = module_graph()
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module not in done:
            for other in sorted(graph[module]):
                visit(other, (*way, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_module_names_are_unique() -> None:
    """No two modules share a name, but for the commands and the CLIs of the two programs."""
    places = defaultdict(list)
    for path in FILES + HOST_FILES:
        if path.parent.name != "commands" and path.stem not in {"__init__", "__main__", "cli"}:
            places[path.stem].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_class_names_are_unique() -> None:
    """A class name means one thing in both packages."""
    places = defaultdict(list)
    for path in FILES + HOST_FILES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_one_module_starts_all_processes() -> None:
    """Only `child_process` names this Python, or has a way to start a process."""
    ways = re.compile(
        r"sys\._?(base_)?executable|os\.(system|popen|fork\w*|exec\w+|spawn\w+|posix_spawn\w*)"
        r"|(subprocess|multiprocessing|pty)(?!\.(TimeoutExpired|SubprocessError|connection)\b).*"
        r"|.*\b(Popen|ProcessPoolExecutor|create_subprocess_(exec|shell))"
    )
    wrong = []
    for path in FILES + HOST_FILES:
        tree = ast.parse(path.read_text("utf-8"))
        names = [
            *imports_of(path),
            *(
                (node.lineno, ast.unparse(node))
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
            ),
        ]
        wrong += [
            f"{path.relative_to(ROOT)}:{line}: {name}"
            for line, name in names
            if ways.fullmatch(name) and path.name != "child_process.py"
        ]
    assert wrong == []


def test_all_output_goes_through_one_console() -> None:
    """Nothing else makes a rich console, or a progress bar with one of its own."""
    wrong = []
    for path in FILES + HOST_FILES:
        source = path.read_text("utf-8")
        rich = "".join(re.findall(r"from rich.*", source))
        bars = {name for name in ("Progress", "Live") if name in rich}
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            has_console = any(keyword.arg in {"console", None} for keyword in node.keywords)
            if name == "Console" or (name in bars and not has_console):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
    assert wrong == []


def test_the_device_package_stands_alone() -> None:
    """edge_app imports neither TensorFlow nor host_tools, not even in a function."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in FILES
        for line, name in imports_of(path)
        if name.split(".")[0] in {"tensorflow", "keras", "host_tools", "tests"}
    ]
    assert wrong == []


def test_one_folder_alone_names_a_runtime() -> None:
    """Modules of runtimes are named in `model/interpreter` and nowhere else."""
    wrong = []
    for path in FILES:
        if path.parent.name == "interpreter":
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
def test_no_module_is_too_long(package: str) -> None:
    """A module has at most 300 lines."""
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / package).rglob("*.py")
    }
    assert {name: lines for name, lines in sizes.items() if lines > 300} == {}


def test_every_module_has_a_docstring() -> None:
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


def test_every_module_imports_first_and_without_a_runtime() -> None:
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
    """Importing the package and its lowest modules loads nothing of weight."""
    assert heavy_after(code) == set()


@pytest.mark.parametrize(
    "arguments",
    ["--help", "--version", *(f"{command.name} --help" for command in PROGRAM.commands)],
)
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


def test_contributing_names_modules_that_exist() -> None:
    """A recipe leads to a file, also after modules have moved."""
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_0-9/]+\.(?:py|js))`", text))
    places = (ROOT / "edge_app", ROOT)
    assert [name for name in named if not any((place / name).exists() for place in places)] == []
