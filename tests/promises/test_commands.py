"""Every command that a README or a --help shows runs, installed as users install it."""

import itertools
import os
import re
import subprocess
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM
from tests.support.documents import (
    ShownCommand,
    commands_of_documents,
    commands_of_help,
)
from tests.support.free_port import free_port
from tests.support.installed import install_wheel
from tests.support.sample_inputs import write_networks, write_sample_inputs

# What cannot run here, with the reason: a pattern that has to match the whole command.
NOT_RUN = {
    r"make .*": "sets up the checkout itself; CI and the release check run these",
    r"pip install .*": "the installation under test is made by the fixture",
    r".*(picamera|/dev/video0).*": "needs a camera",
    r".*rtsp://.*": "needs a network camera",
    r"docker .*": "needs a Docker engine",
    r"(sudo )?(\S*/)?edge-app service .*": "needs systemd",
    r"host-tools fetch .*": "needs the internet; test_fetch.py uses a local server",
    r".*--resume.*": "continues an interrupted training; the tests of training run it",
    r".*(tcp|tls)://.*": "needs a cluster; local:2 is run",
}
# Sample inputs in place of the named ones, and less of everything that takes long.
REPLACED = (
    (r"^\.venv/bin/", ""),
    (r"^sudo ", ""),
    (r"8080", "{port}"),
    (r"litert,tflite-runtime", "litert"),
    (r"--sustained \S+", "--sustained 1s"),
    (r"--threads 1,2,4", "--threads 1,2"),
    (r"--input-size 513x257", "--input-size 65x33"),
    (r"--minutes \d+", "--minutes 0.02"),
    (r"scenes:\d+", "scenes:2"),
    (r"frames --count 500", "frames --count 2"),
    (r"digits --count 500", "digits --count 20"),
    (r"--seconds 20", "--seconds 0.2"),
    (r"--frames 0:(100|250)", "--frames 0:2"),
    (r"--frames 100:", "--frames 2:4"),
    (r"--frames 0:5000", "--frames 0:50"),
    (r"--worst \d+", "--worst 1"),
)
# Options that keep a command short, by its first words.
ADDED = {
    "edge-app run": "--max-frames 8 --as-fast-as-possible",
    "edge-app bench": "--min-secs 0.02 --num-runs 2 --warmup-runs 1 --rounds 1 --quality-frames 2 "
    "--variants int8",
    "edge-app compare": "--allow-invalid",  # measured while other tests run
    "edge-app evaluate": "--frames 0:4 --out {new}",
    "host-tools convert": "--samples 20",
    "host-tools diagnose": "--samples 2",
    "host-tools scenes clip": "--seconds 0.2",
    "host-tools train mnist": "--data mnist",
    "host-tools sample digits": "--data mnist --count 20",
}
# Exit codes besides 0 that are answers, not faults.
ANSWERS = {
    "edge-app bench": {3},  # measured on a machine that other tests keep busy
    "edge-app doctor": {1},  # something of this machine is not ok
}
_HOST = ("train", "convert", "scenes", "sample", "fetch", "evaluate", "report", "diagnose")
_COMMANDS = [("edge-app", command.name) for command in PROGRAM.commands] + [
    ("host-tools", name) for name in _HOST
]
_NUMBERS = itertools.count()
CLUSTER = re.compile(r"host-tools evaluate\b")
TENSORFLOW = re.compile(r"host-tools (train|convert|diagnose)\b")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per different command of the documents; those of --help are found installed."""
    if "document_command" in metafunc.fixturenames:
        different = {command.text: command for command in commands_of_documents()}
        metafunc.parametrize("document_command", list(different.values()), ids=str)


@pytest.fixture(scope="session")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of a venv with the installed wheel."""
    return install_wheel(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory, bin_folder: Path) -> Path:
    """Return a folder outside the checkout with inputs under the documents' names."""
    folder = tmp_path_factory.mktemp("workplace")
    write_sample_inputs(folder)
    prepare = (
        "edge-app run drive.mp4 --headless --max-frames 4 --metrics runs/drive",
        "edge-app evaluate --dataset camvid:CamVid --frames 0:2 --variants int8 --out first",
        "edge-app evaluate --dataset camvid:CamVid --frames 2:4 --variants int8 --out second",
        "ln -s first board-a && ln -s second board-b",
    )
    for command in prepare:
        shell(command, folder, bin_folder, check=True)
    return folder


@pytest.fixture(scope="session")
def networks(workplace: Path, bin_folder: Path) -> None:
    """Add networks to convert to the workplace."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    write_networks(workplace, bin_folder / "host-tools")


def shell(
    command: str, folder: Path, bin_folder: Path, *, check: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command line in the workplace with the installed programs first on the path."""
    clean = {
        name: os.environ[name]
        for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")
        if name in os.environ
    }
    path = f"{bin_folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**clean, "PATH": path, "NO_COLOR": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=290,
        check=check,
    )


def adapted(text: str) -> str:
    """Return a command with sample inputs and short durations."""
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    for start, options in ADDED.items():
        if text.startswith(start):
            # An option that the command has already is not given twice.
            for option in re.findall(r"--\S+(?: [^-]\S*)?", options):
                if option.split()[0] not in text.split():
                    text = f"{text} {option}"
    return text


def filled(text: str) -> str:
    """Return a command with a free port and an unused folder in their places."""
    return text.replace("{port}", str(free_port())).replace("{new}", f"out-{next(_NUMBERS)}")


def reason_not_to_run(text: str) -> str | None:
    """Return why a command cannot run here, None where it can."""
    return next((why for what, why in NOT_RUN.items() if re.fullmatch(what, text)), None)


def prepare(shown: ShownCommand, request: pytest.FixtureRequest) -> None:
    """Add the networks that a command needs; skip the test without its packages."""
    if CLUSTER.search(shown.text):
        pytest.importorskip("distributed", reason="needs the cluster extra")
    if TENSORFLOW.search(shown.text):
        request.getfixturevalue("networks")


def check_runs(shown: ShownCommand, folder: Path, bin_folder: Path) -> None:
    """Run a command; fail with what it printed unless it ends well."""
    done = shell(filled(adapted(shown.text)), folder, bin_folder)
    allowed = {0}.union(*(codes for start, codes in ANSWERS.items() if start in shown.text))
    assert done.returncode in allowed, f"{shown}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr, done.stderr


@pytest.mark.slow
def test_commands_of_documents_run(
    document_command: ShownCommand,
    workplace: Path,
    bin_folder: Path,
    request: pytest.FixtureRequest,
) -> None:
    """A reader can type every command of every README."""
    why = reason_not_to_run(document_command.text)
    if why is not None:
        pytest.skip(why)
    prepare(document_command, request)
    check_runs(document_command, workplace, bin_folder)


@pytest.mark.slow
@pytest.mark.timeout(900)  # several commands in one test
@pytest.mark.parametrize("words", _COMMANDS, ids=" ".join)
def test_examples_of_help_run(
    words: tuple[str, str], workplace: Path, bin_folder: Path, request: pytest.FixtureRequest
) -> None:
    """Every example of a command's --help runs, but those that a document shows too."""
    program, command = words
    known = {adapted(shown.text) for shown in commands_of_documents()}
    shown_here = list(commands_of_help(bin_folder / program, command))
    assert shown_here, f"{program} {command} --help shows no example"
    for shown in shown_here:
        if reason_not_to_run(shown.text) is None and adapted(shown.text) not in known:
            prepare(shown, request)
            check_runs(shown, workplace, bin_folder)


def test_every_reason_is_needed(bin_folder: Path) -> None:
    """The list of what is not run holds no entry that matches nothing."""
    texts = [shown.text for shown in commands_of_documents()]
    for program, command in _COMMANDS:
        texts += [shown.text for shown in commands_of_help(bin_folder / program, command)]
    stale = [what for what in NOT_RUN if not any(re.fullmatch(what, text) for text in texts)]
    assert stale == []
