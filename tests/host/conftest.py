"""Fixtures of the host_tools tests."""

import os
from pathlib import Path

import pytest
from rich.progress import Progress

from host_tools.framework import SETTINGS
from host_tools.train.mnist.train_digits import train_digits
from tests.support.made_digits import made_digits, made_mnist

# Test modules check for TensorFlow before the code under test loads it, and TensorFlow reads these
# settings only once.
for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)


@pytest.fixture
def silent() -> Progress:
    """Return a progress display that shows nothing."""
    return Progress(disable=True)


@pytest.fixture(scope="session")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of synthetic digits with MNIST's names."""
    return made_mnist(tmp_path_factory.mktemp("mnist"))


@pytest.fixture(scope="session")
def keras_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a digit network trained for a moment, as a .keras file."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    out = tmp_path_factory.mktemp("trained") / "tiny.keras"
    train_digits(
        made_digits(640), made_digits(50, seed=1), out, epochs=2, progress=Progress(disable=True)
    )
    return out
