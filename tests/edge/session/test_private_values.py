"""Source and token come from files, variables and credentials; messages never have them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge_app.cli import PROGRAM
from edge_app.commands.run import run_options
from edge_app.errors import UsageError
from edge_app.session.private_values import SOURCE, TOKEN, first_line, private_value
from tests.support.whole_runs import edge

URL = "rtsp://me:se/cr#et@host/a b"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files of two credentials and two more."""
    for name, text in {
        "source": "credential-source",
        "serve-token": "credential-token",
        "one": f"{URL}\n",
        "other": "other-value",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_is_nearer_wins(folder: Path) -> None:
    """The option's file, the variable, the file of a variable, the credential, nothing."""
    env = {
        "EDGE_SOURCE": "variable",
        "EDGE_SOURCE_FILE": str(folder / "other"),
        "CREDENTIALS_DIRECTORY": str(folder),
    }
    assert private_value(SOURCE, folder / "one", env) == URL
    for name, value in zip(env, ("variable", "other-value", "credential-source"), strict=True):
        assert private_value(SOURCE, None, env) == value
        env[name] = ""
    assert private_value(SOURCE, None, env) is None


def test_a_token_has_the_same_places(folder: Path) -> None:
    """Under its own names."""
    credentials = {"CREDENTIALS_DIRECTORY": str(folder), "EDGE_SOURCE": "no token"}
    assert private_value(TOKEN, None, credentials) == "credential-token"
    assert private_value(TOKEN, None, {"EDGE_SERVE_TOKEN_FILE": str(folder / "other")}) == (
        "other-value"
    )
    assert private_value(TOKEN, None, {"EDGE_SERVE_TOKEN": "given-one"}) == "given-one"
    assert private_value(TOKEN, None, {"CREDENTIALS_DIRECTORY": str(folder / "none")}) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "one line"),
        (b"secret\nsecond", "one line"),
        (b"sec\x1bret", "one line"),
        (b"sec\x00ret", "one line"),
        (b"secret" * 1000, "one line"),
        (b"secret\xff", "no text"),
        (None, "cannot be read"),
    ],
)
def test_a_file_without_one_line_is_refused(
    tmp_path: Path, data: bytes | None, message: str
) -> None:
    """In one line, which names the file and not what is in it."""
    path = tmp_path / "file"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError, match=message) as caught:
        first_line(path)
    assert str(path) in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["clip.mp4", ""])
def test_a_source_given_as_its_own_file_is_explained(tmp_path: Path, name: str) -> None:
    """`run --source clip.mp4` means --source-file; nobody should write an address into the clip."""
    path = tmp_path / name
    if name:
        path.write_bytes(b"\0\0\0\x20ftypisom\xff")
    with pytest.raises(UsageError, match=f"no text file; to run on it: edge-app run {path}$"):
        private_value(SOURCE, path, {})
    with pytest.raises(UsageError, match="no text file; give a file with the value"):
        private_value(TOKEN, path, {})


def test_a_pipe_without_a_writer_is_refused(tmp_path: Path) -> None:
    """It would be waited for for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is a pipe"):
        first_line(tmp_path / "pipe")


def test_the_command_reads_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument wins; two sources are a contradiction; a token alone asks for no server."""
    monkeypatch.setenv("EDGE_SERVE_TOKEN", "token-of-the-environment")
    base = ["run", "--model", "mnist"]
    options = run_options(PROGRAM.parse([*base, "--source-file", str(folder / "one")]))
    assert options.task.source == URL
    assert options.task.truth is None
    assert options.outputs.serve_token is None
    serve = ["--serve", "0", "--serve-token", "token-of-the-line"]
    assert run_options(PROGRAM.parse([*base, *serve])).outputs.serve_token == serve[-1]
    with pytest.raises(UsageError, match="both name a source"):
        run_options(PROGRAM.parse([*base, "picamera", "--source-file", str(folder / "one")]))


def test_a_run_shows_no_secret(folder: Path) -> None:
    """Neither the camera's password, which no camera asks for here, nor anything of it."""
    done = edge("run", "--model", "mnist", "--headless", "--source-file", folder / "one")
    assert done.returncode == 1
    assert done.stderr.startswith("edge-app: rtsp://***@host/a b does not answer")
    assert done.stderr.endswith("write / # ? @ as %2F %23 %3F %40\n")
    assert done.stderr.count("\n") == 1
    assert not any(part in done.stdout + done.stderr for part in ("se/", "cr#", "et@", "me:"))
