"""What a trial found is cached, and whatever is wrong with the cache only costs another trial."""

import os
import sys
from pathlib import Path

import pytest

from edge_app.model.inferred.trial_run import (
    RangeTrial,
    ValueStats,
    cache_file,
    cached_trial,
    keep_trial,
)

TRIAL = RangeTrial("20 digits", {"0 to 1": 0.95}, True, ValueStats(-3.0, 12.5))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_a_trial_is_found_again_under_its_key() -> None:
    """Beside those of other files."""
    keep_trial("one", TRIAL)
    keep_trial("other", RangeTrial("a frame", {}, False, None))
    assert cached_trial("one") == TRIAL
    assert cached_trial("third") is None


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", '{"4 one": {"images": 7}}', "[" * 100_000])
def test_a_damaged_cache_is_written_again(content: str) -> None:
    """It says nothing until then."""
    cache_file().parent.mkdir(parents=True)
    cache_file().write_text(content)
    assert cached_trial("one") is None
    keep_trial("one", TRIAL)
    assert cached_trial("one") == TRIAL


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_pipe_is_not_waited_for() -> None:
    """Nobody writes into it."""
    cache_file().parent.mkdir(parents=True)
    os.mkfifo(cache_file())
    assert cached_trial("one") is None


def test_without_a_home_folder_nothing_is_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a user of a container who is in no list of users."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    keep_trial("one", TRIAL)
    assert cached_trial("one") is None
