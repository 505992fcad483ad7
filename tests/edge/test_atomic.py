"""A file is written whole or not at all, and nothing beside it is touched."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from edge_app.atomic import write_atomic

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pipes and links as on Linux")


@pytest.mark.parametrize("kind", ["link", "second name", "pipe"])
def test_a_trap_in_the_draft_s_place_is_removed(tmp_path: Path, kind: str) -> None:
    """A link there would have its file overwritten, and a pipe would be waited for."""
    victim, draft = tmp_path / "victim", tmp_path / ".summary.part.json"
    victim.write_text("kept", "utf-8")
    if kind == "link":
        draft.symlink_to(victim)
    elif kind == "second name":
        os.link(victim, draft)
    else:
        os.mkfifo(draft)
    path = tmp_path / "summary.json"
    write_atomic(path, "new")
    assert path.read_text("utf-8") == "new"
    assert not path.is_symlink()
    assert victim.read_text("utf-8") == "kept"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["summary.json", "victim"]
