"""The current folder is not imported from."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge_app.import_path import forget_current_folder, import_folders


@pytest.mark.parametrize("first", ["", None])
def test_the_folder_that_python_puts_first_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    """`python -m` writes it in full, `python -c` as an empty text; PYTHONPATH's copy stays."""
    monkeypatch.chdir(tmp_path)
    here = str(tmp_path)
    monkeypatch.setattr(sys, "path", [here if first is None else first, "/lib", here])
    forget_current_folder()
    assert sys.path == ["/lib", here]


def test_another_first_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script's folder, and whatever `python -P` has first, are not the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["/usr/bin", "/lib"])
    forget_current_folder()
    monkeypatch.setattr(sys, "flags", SimpleNamespace(safe_path=True))
    monkeypatch.setattr(sys, "path", [str(tmp_path), "/lib"])
    forget_current_folder()
    assert sys.path == [str(tmp_path), "/lib"]


def test_a_removed_folder_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name cannot be asked for."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr(sys, "path", ["/lib"])
    forget_current_folder()
    assert sys.path == ["/lib"]


def test_relative_folders_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """They mean the current folder or one in it; the order of the others is kept."""
    monkeypatch.setattr(sys, "path", ["", "/z", "lib", ".", "/a"])
    assert import_folders() == ["/z", "/a"]
