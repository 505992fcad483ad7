"""Fixtures and marks for all tests."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


def pytest_configure() -> None:
    """Hear Ctrl-C and a closed terminal also where `&` or nohup turned them off."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark the tests that take the development data."""
    for item in items:
        if "shared" in item.fixturenames:
            item.add_marker(pytest.mark.shared)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of development data, or skip where a checkout stands alone."""
    if not SHARED.is_dir():
        pytest.skip("the development data (../shared/data) is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def assets() -> Path:
    """Return the folder of the files that ship with the app."""
    return ROOT / "assets"


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Redirect the cache to a folder of the tests, away from the user's own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def python_path_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a test's cluster sets for all children: theirs import `tests` from the checkout."""
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
