"""However pip installs the package, its models, unit files and programs are found."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.installed import (
    ROOT,
    borrow_packages,
    build_wheel,
    make_venv,
    pip_install,
)

# Prints where the package, its files and its program are; the last is what a service starts.
WHERE = """
import edge_app
from edge_app.paths import assets_dir
from edge_app.service.service_paths import program, units_dir
print(edge_app.__file__, assets_dir(), units_dir(), program(), sep="\\n")
"""
SHIPPED = ("fonts", "models", "reference", "samples")


@dataclass(frozen=True)
class Installation:
    """One installation: how Python is started in it, and the folder all of it lies in."""

    python: Path
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str) -> str:
        """Run a command away from the checkout; return what it prints."""
        clean = {key: os.environ[key] for key in ("HOME", "PATH", "TMPDIR") if key in os.environ}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**clean, **self.env, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel of the checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def _in_venv(folder: Path, wheel: Path) -> Installation:
    python = make_venv(folder / "venv") / "bin" / "python"
    pip_install(python, "--no-deps", str(wheel))
    return Installation(python, folder)


def _in_target(folder: Path, wheel: Path) -> Installation:
    python = make_venv(folder / "venv") / "bin" / "python"
    pip_install(python, "--no-deps", "--target", str(folder / "target"), str(wheel))
    return Installation(python, folder, {"PYTHONPATH": str(folder / "target")})


def _in_prefix(folder: Path, wheel: Path) -> Installation:
    python = make_venv(folder / "venv") / "bin" / "python"
    pip_install(python, "--no-deps", "--prefix", str(folder / "prefix"), str(wheel))
    (package,) = (folder / "prefix").rglob("edge_app/__init__.py")
    return Installation(python, folder, {"PYTHONPATH": str(package.parents[1])})


def _for_user(folder: Path, wheel: Path) -> Installation:
    base = Path(sys.base_prefix, "bin", f"python{sysconfig.get_python_version()}")
    if not base.exists():
        pytest.skip(f"the Python of this venv is not {base}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONUSERBASE", str(folder))
        patch.setenv("PIP_BREAK_SYSTEM_PACKAGES", "1")  # of this test's own folder
        pip_install(base, "--no-deps", "--user", str(wheel), cwd=folder)
    (package,) = folder.rglob("edge_app/__init__.py")
    borrow_packages(package.parents[1])
    return Installation(base, folder, {"PYTHONUSERBASE": str(folder)})


@pytest.mark.slow
@pytest.mark.parametrize("install", [_in_venv, _in_target, _in_prefix, _for_user])
def test_everything_is_found_wherever_pip_installs(
    install: object, wheel: Path, tmp_path: Path
) -> None:
    """Package, models, unit files and program are in the installation, and a model runs."""
    assert callable(install)
    made: Installation = install(tmp_path, wheel)
    places = made.run(str(made.python), "-c", WHERE).split()
    assert [place for place in places if not place.startswith(str(tmp_path))] == []
    program = places[-1]
    assert "street" in made.run(program, "models")
    checked = made.run(program, "models", "check", f"{places[1]}/models/mnist")
    assert checked.count("golden image correct") == 4


@pytest.mark.slow
def test_an_editable_install_and_a_checkout_read_its_files(tmp_path: Path) -> None:
    """Neither copies the assets: what is changed in the checkout is used."""
    python = make_venv(tmp_path / "venv") / "bin" / "python"
    pip_install(python, "--no-deps", "--editable", str(ROOT))
    expected = [f"{ROOT}/edge_app/__init__.py", f"{ROOT}/assets", f"{ROOT}/systemd"]
    made = Installation(python, tmp_path)
    assert made.run(str(python), "-c", WHERE).split()[:3] == expected
    bare = Installation(make_venv(tmp_path / "bare") / "bin" / "python", ROOT)
    code = "import edge_app.paths as p; print(p.assets_dir(), p.shipped_dir('systemd'))"
    assert bare.run(str(bare.python), "-c", code).split() == expected[1:]
    assert "street" in bare.run(str(bare.python), "-m", "edge_app", "models")


@pytest.mark.slow
def test_a_source_distribution_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """It holds what the build reads."""
    pytest.importorskip("build", reason="needs the dev extra: pip install -e '.[dev]'")
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    assert names_of(build_wheel(tmp_path, archive)) == names_of(wheel)


@pytest.mark.slow
def test_the_container_is_built_from_what_it_copies(wheel: Path, tmp_path: Path) -> None:
    """Its wheel holds the device's half, with every asset."""
    source = tmp_path / "src"
    for line in (ROOT / "Dockerfile.arm64").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            *names, target = line.split()[1:]
            for name in names:
                into = source / target
                place = into / Path(name).name if target.endswith("/") else into
                place.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, place, dirs_exist_ok=True)
                else:
                    shutil.copy(ROOT / name, place)
    (tmp_path / "wheel").mkdir()
    ours = {name for name in names_of(wheel) if not name.startswith("host_tools")}
    assert names_of(build_wheel(tmp_path / "wheel", source)) == ours


def names_of(wheel: Path) -> set[str]:
    """Return the names of the files in a wheel."""
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_every_module_and_every_asset(wheel: Path) -> None:
    """What is added to the checkout ships, but for the images of the front page."""
    names = names_of(wheel)
    wanted = {
        str(path.relative_to(ROOT))
        for package in ("edge_app", "host_tools")
        for path in (ROOT / package).rglob("*.*")
        if path.suffix not in {".md", ".pyc"}
    }
    wanted |= {
        f"edge_app/{path.relative_to(ROOT)}"
        for folder in (*(ROOT / "assets" / name for name in SHIPPED), ROOT / "systemd")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert wanted - names == set()
    assert [name for name in names if "readme/" in name or name.startswith("tests")] == []


def test_the_report_extra_is_part_of_host() -> None:
    """Whoever has the host extra can make reports."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    extras = {
        name: set(lines.strip().splitlines())
        for name, lines in setup["options.extras_require"].items()
    }
    assert extras["report"] < extras["host"]
