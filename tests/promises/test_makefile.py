"""The Makefile says what it installs before it does, and how where it may not."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
# A Python without venv, until apt has installed it; `-m venv` makes the folder.
PYTHON = """\
case "$*" in
*ensurepip*) [ -e installed ] ;;
*version_info*) [ -e installed ] || [ ! -e absent ] ;;
"-m venv"*) mkdir -p "$3" ;;
esac
"""
APT = 'echo "apt-get $*" >>log; case "$*" in *install*) touch installed ;; esac'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return a folder with a bare system's programs in `bin`; they keep a log beside it."""
    for name, script in {
        "python3": PYTHON,
        "apt-get": APT,
        "id": "echo ${FAKE_UID:-0}",
        "sudo": '[ -e no-sudo ] && exit 1; [ "$1" = -n ] && shift; "$@"',
    }.items():
        add_program(tmp_path, name, script)
    return tmp_path


def add_program(folder: Path, name: str, script: str) -> None:
    """Write a shell script into the folder's `bin`."""
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run_make(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the Makefile in a folder, whose `bin` comes before the system's programs."""
    return subprocess.run(
        ["make", "-f", ROOT / "Makefile", *words],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:/usr/bin:/bin", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def make_venv(machine: Path, uid: int = 0) -> tuple[int, list[str], list[str]]:
    """Make a venv; return the exit code, what was printed, and what apt was asked."""
    done = run_make(machine, "venv/.venv", "VENV=venv", FAKE_UID=str(uid))
    log = machine / "log"
    asked = log.read_text().splitlines() if log.exists() else []
    return done.returncode, done.stdout.splitlines(), asked


@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize(("uid", "do"), [(0, ""), (1000, "sudo ")])
def test_system_packages_are_named_before_they_are_installed(
    machine: Path, uid: int, do: str, absent: bool
) -> None:
    """A Python without venv, or none at all; as root and with sudo."""
    if absent:
        (machine / "absent").touch()
        for name in ("python3.13", "python3.12", "python3.11"):  # hide this machine's own
            (machine / "bin" / name).symlink_to("/bin/false")
    code, lines, asked = make_venv(machine, uid)
    assert code == 0, lines
    assert lines == [f"installing system packages: {do}apt-get install python3-venv"]
    assert [line.split()[1] for line in asked] == ["update", "install"]
    assert (machine / "venv" / ".venv").exists()


def test_a_user_without_sudo_gets_the_command(machine: Path) -> None:
    """Nothing is tried, and the line can be given to whoever may."""
    (machine / "no-sudo").touch()
    code, lines, asked = make_venv(machine, 1000)
    assert code != 0
    assert lines[0] == "please run as root: apt-get install -y python3-venv"
    assert asked == []


def test_a_machine_with_everything_is_left_alone(machine: Path) -> None:
    """Apt is not asked."""
    (machine / "installed").touch()
    assert make_venv(machine, os.getuid()) == (0, [], [])


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("demo", r"installing the app and its packages"),
        ("test", r"installing TensorFlow"),
    ],
)
def test_a_long_installation_is_announced(goal: str, said: str) -> None:
    """Its size is printed before pip, which is quiet, begins."""
    done = run_make(ROOT, "-n", goal, "VENV=venv")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    (announced,) = (number for number, line in enumerate(lines) if said in line)
    assert " GB" in lines[announced]
    assert "pip install" in lines[announced + 1]


DIGEST = "sha256:" + "0123456789abcdef" * 4


def make_base_digest(folder: Path, docker: str) -> tuple[int, str, str]:
    """Look up the base with a fake docker; return exit code, output, and the Dockerfile's line."""
    add_program(folder, "docker", docker)
    shutil.copy(ROOT / "Dockerfile.arm64", folder)
    done = run_make(folder, "base-digest")
    return done.returncode, done.stdout, base_line(folder)


def base_line(folder: Path) -> str:
    """Return the line of a folder's Dockerfile that names the base."""
    lines = (folder / "Dockerfile.arm64").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("ARG BASE=")]
    return line


def test_the_base_of_the_image_is_pinned_by_digest(tmp_path: Path) -> None:
    """The tag stays readable before it; looking it up again changes the digest alone."""
    code, _, line = make_base_digest(tmp_path, f'echo "$4" >asked; echo {DIGEST}')
    assert code == 0
    assert re.fullmatch(rf"ARG BASE=[a-z0-9./:-]+@{DIGEST}", line)
    asked = (tmp_path / "asked").read_text().strip()
    assert line == f"ARG BASE={asked}@{DIGEST}"


@pytest.mark.parametrize("docker", ["exit 1", "echo sha256:short", "echo '<html>'"])
def test_an_answer_that_is_no_digest_changes_nothing(tmp_path: Path, docker: str) -> None:
    """And is one line."""
    code, output, line = make_base_digest(tmp_path, docker)
    assert code != 0
    assert "no digest of docker.io/library/debian" in output
    assert line == base_line(ROOT)


@pytest.mark.parametrize("target", [[], ["help"]])
def test_make_lists_its_targets(tmp_path: Path, target: list[str]) -> None:
    """All of them, and nothing is set up."""
    done = run_make(tmp_path, *target)
    assert done.returncode == 0, done.stderr
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    [targets] = [line for line in makefile.splitlines() if line.startswith(".PHONY")]
    for name in targets.split()[1:]:
        assert f"make {name}" in done.stdout, name
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_the_live_view_quietly(tmp_path: Path) -> None:
    """The terminal sends it to make, its shell and the program, which exits with 130."""
    (tmp_path / "venv").mkdir()
    script = "trap 'exit 130' INT; touch started; while :; do sleep 0.05; done"
    add_program(tmp_path / "venv", "edge-app", script)
    with subprocess.Popen(
        ["make", "-f", ROOT / "Makefile", "-o", "venv/.app", "run", "VENV=venv"],
        cwd=tmp_path,
        # Not that of `make test`: a make below another one says which folders it enters.
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as made:
        until("the program", (tmp_path / "started").exists)
        os.killpg(made.pid, signal.SIGINT)
        output, _ = made.communicate(timeout=30)
    assert output == "venv/bin/edge-app run --loop\n"
