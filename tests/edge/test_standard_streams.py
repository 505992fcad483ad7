"""Every text can be printed in every locale, and an output that fails is reported in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_app.standard_streams import print_error
from tests.support.whole_runs import ENV, ROOT

RUN = ("run", "--model", "mnist", "--headless", "--max-frames", "20")
FULL = Path("/dev/full")


def call(
    words: Sequence[str | bytes | Path],
    *,
    program: str = "edge_app",
    out: Path | None = None,
    **env: str,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program with an environment, and its output in a file or captured."""
    command = [sys.executable, "-m", program, *words]
    with (out or Path(os.devnull)).open("wb") as file:
        return subprocess.run(
            command,
            stdout=subprocess.PIPE if out is None else file,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**ENV, **env},
            check=False,
        )


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
@pytest.mark.parametrize(
    "words", [("models",), RUN, ("bench", "--help"), ("models", "check", "caf\xe9")]
)
def test_a_locale_without_bars_gets_similar_signs(words: tuple[str, ...], encoding: str) -> None:
    """Tables, bars and messages are printed; nothing is a traceback."""
    done = call(words, PYTHONIOENCODING=encoding)
    assert b"Traceback" not in done.stderr
    assert done.returncode == (1 if "check" in words else 0), done.stderr
    text = (done.stdout + done.stderr).decode(encoding)
    assert "?" not in text
    if words == RUN:
        assert "####" in text


def test_a_locale_of_its_own_is_followed() -> None:
    """Without Python's UTF-8 mode, and without a codec in the environment."""
    done = call(RUN, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"####" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux only")
def test_a_name_that_is_no_text_is_printed(tmp_path: Path) -> None:
    """A file copied from an old disk may have any bytes in its name."""
    name = os.fsencode(tmp_path) + b"/\xff\xfe.mp4"
    done = call(["run", name, "--headless"], PYTHONIOENCODING="utf-8")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"there is no ??.mp4 in" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [("models",), ("--version",), ("bench", "--help"), RUN])
def test_a_full_output_is_reported_in_one_line(words: tuple[str, ...], unbuffered: str) -> None:
    """The exit code is 1: somebody who redirects to a file wants what is in it."""
    done = call(words, out=FULL, PYTHONUNBUFFERED=unbuffered)
    assert done.stderr.decode() == (
        "edge-app: standard output cannot be written: the disk is full; "
        "free some space, or write to another disk\n"
    )
    assert done.returncode == 1


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_output_of_the_other_program_too() -> None:
    """Both have the same frame."""
    done = call(["--help"], program="host_tools", out=FULL)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_run_goes_on_without_its_output(tmp_path: Path) -> None:
    """Its recording and its log are worth more than its lines."""
    done = call([*RUN, "--record", tmp_path / "a.mp4", "--metrics", tmp_path / "m"], out=FULL)
    assert done.returncode == 1
    assert b'"status": "complete"' in (tmp_path / "m" / "summary.json").read_bytes()
    assert (tmp_path / "a.mp4").stat().st_size > 1000


def test_other_faults_of_the_system_are_one_line(tmp_path: Path) -> None:
    """With the file's name; EDGE_DEBUG=1 shows where it happened."""
    code = (
        "import sys; from pathlib import Path; from edge_app.program import exit_code\n"
        "sys.exit(exit_code('tool', lambda: len(Path(sys.argv[1]).read_bytes())))"
    )
    for debug, traceback in (("", False), ("1", True)):
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "missing"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**ENV, "EDGE_DEBUG": debug},
            check=False,
        )
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) == traceback
        assert "missing: No such file" in done.stderr or traceback


def test_an_error_is_one_line_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Line ends in a name become spaces, control characters are written out, the rest is cut."""
    print_error("edge-app: a\nb \x1b[2J\u202e; fix it")
    print_error("edge-app: " + "x" * 50_000 + "; fix it")
    short, long = capsys.readouterr().err.splitlines()
    assert short == r"edge-app: a b \x1b[2J\u202e; fix it"
    assert len(long) < 1_100
    assert long.endswith("; fix it")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no model 'rtsp://bob:se/cr@et@cam/x'; fix", "no model 'rtsp://***@cam/x'; fix"),
        ("there is no x in rtsp:/bob:secret@cam; fix", "there is no x in rtsp:/***@cam; fix"),
        ("http://cam/x?password=secret; fix", "http://cam/x?***; fix"),
        ("rtsp://a:secret@b and rtsp://c:secret@d", "rtsp://***@b and rtsp://***@d"),
        ("did you mean http://cam/x?", "did you mean http://cam/x?"),
        ("write rtsp://user:password@host/path, a@b", "write rtsp://user:password@host/path, a@b"),
    ],
)
def test_an_error_has_no_password(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever argument an address was given as; the advice how to write one stays."""
    print_error(text)
    assert capsys.readouterr().err == f"{shown}\n"


@pytest.mark.parametrize("address", ["rtsp://bob:secret@cam/x", "rtsp://bob:se/secret@cam/x"])
@pytest.mark.parametrize(
    "before",
    [
        ("run", "--model"),
        ("run", "--truth"),
        ("run", "synthetic"),
        ("run", "--variant"),
        ("run", "--source-file"),
        ("run", "--threads"),
        ("run", "--edges"),
        ("models", "check"),
        ("compare",),
        ("bench", "--variants"),
        ("evaluate", "--dataset"),
    ],
)
def test_no_argument_shows_a_password(before: tuple[str, ...], address: str) -> None:
    """An address in the wrong place is refused without being repeated in full."""
    done = call((*before, address))
    assert done.returncode in {1, 2}
    assert b"secret" not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
