"""The command that installs a package, for each kind of Python people have."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from edge_app.python_environment import PythonEnvironment, _debian_release, this_environment
from tests.support.documents import DOCUMENTS

ROOT = Path(__file__).parents[2]
VENV = PythonEnvironment(".venv/bin/python")
SYSTEM = PythonEnvironment("/usr/bin/python3", managed=True, debian=13)


@pytest.mark.parametrize(
    ("python", "requirements", "command"),
    [
        (VENV, ["numpy<2", "av"], ".venv/bin/python -m pip install 'numpy<2' av"),
        (SYSTEM, ["aiohttp"], "sudo apt install python3-aiohttp"),
        (SYSTEM, ["jinja2", "rich"], "sudo apt install python3-jinja2 python3-rich"),
        # Debian has no such package, or one that is too old.
        (SYSTEM, ["av"], "/usr/bin/python3 -m pip install --break-system-packages av"),
        (
            PythonEnvironment(managed=True, debian=12),
            ["aiohttp"],
            "python3 -m pip install --break-system-packages aiohttp",
        ),
        (
            PythonEnvironment(managed=True, debian=13, checkout=Path("/c"), installed=False),
            ["aiohttp"],
            "make demo",
        ),
        (
            PythonEnvironment("v/bin/python", pip=False),
            ["av"],
            "v/bin/python -m ensurepip && v/bin/python -m pip install av",
        ),
        (
            PythonEnvironment("v/bin/python", pip=False, uv=True),
            ["av"],
            "uv pip install --python v/bin/python av",
        ),
        (
            PythonEnvironment(pip=False, ensurepip=False, container=True),
            ["av"],
            "docker build -f Dockerfile.arm64 .  # with av in container.in, make lock",
        ),
        (
            PythonEnvironment(pip=False, managed=True, debian=12),
            ["av"],
            "sudo apt install python3-pip && python3 -m pip install --break-system-packages av",
        ),
        (
            PythonEnvironment(pip=False, ensurepip=False),
            ["av"],
            "sudo apt install python3-pip && python3 -m pip install av",
        ),
    ],
)
def test_the_command_fits_the_python(
    python: PythonEnvironment, requirements: list[str], command: str
) -> None:
    """A venv's own pip, apt where Debian manages the Python, and a way where there is no pip."""
    assert python.install(*requirements) == command


def test_an_extra_is_installed_beside_the_app() -> None:
    """A clone stays an editable install; an installed package is named, and not replaced."""
    assert VENV.install_extra("host") == ".venv/bin/python -m pip install 'edge-quant[host]'"
    clone = PythonEnvironment(".venv/bin/python", checkout=Path.cwd())
    assert clone.install_extra("host").endswith("pip install --editable '.[host]'")
    away = PythonEnvironment("/c/.venv/bin/python", checkout=Path("/c"))
    assert away.install_extra("report").endswith("pip install --editable '/c[report]'")


def test_a_python_below_the_folder_is_named_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the link in the venv, which the user types; from elsewhere its whole path."""
    (tmp_path / "my venv/bin").mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "my venv/bin/python"))
    monkeypatch.chdir(tmp_path)
    assert this_environment().python == "'my venv/bin/python'"
    monkeypatch.chdir(tmp_path / "my venv/bin")
    assert this_environment().python == "./python"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert this_environment().python == f"'{tmp_path}/my venv/bin/python'"


def test_the_named_command_is_this_pythons() -> None:
    """Whatever started the tests, the command runs and has this Python's prefix."""
    command = this_environment().python
    code = "import sys; print(sys.prefix)"
    done = subprocess.run(
        [*shlex.split(command), "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == sys.prefix


def test_no_message_names_a_pip_of_its_own() -> None:
    """What messages advise comes from here, except for a venv that is to be made."""
    allowed = {"python_environment.py": 99, "runtimes.py": 1}
    named = Counter(
        path.name
        for package in ("edge_app", "host_tools")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and "pip install" in str(node.value)
    )
    assert {name: n for name, n in named.items() if n > allowed.get(name, 0)} == {}


@pytest.mark.parametrize("path", DOCUMENTS)
def test_no_document_replaces_an_editable_install(path: str) -> None:
    """`pip install .` in a clone copies the app beside the files that are then edited."""
    text = (ROOT / path).read_text("utf-8")
    assert re.findall(r"pip install (?!-e |--editable)['\"]?\.\S*", text) == []


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ('ID=debian\nVERSION_ID="13"\n', 13),
        ('ID=raspbian\nVERSION_ID="12"\n', 12),
        ('ID=ubuntu\nVERSION_ID="24.04"\n', 0),
        ("ID=debian\n", 0),  # testing has no number
        ("", 0),
    ],
)
def test_the_release_is_debians_alone(tmp_path: Path, text: str, release: int) -> None:
    """Ubuntu's packages have other versions."""
    path = tmp_path / "os-release"
    path.write_text(text)
    assert _debian_release(path) == release
    assert _debian_release(tmp_path / "missing") == 0
