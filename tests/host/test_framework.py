"""A missing TensorFlow is reported in one line."""

import sys

import pytest

from edge_app.errors import ModelError
from host_tools.framework import load_tensorflow


def test_the_error_shows_how_to_install_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message ends with the pip command."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModelError, match=r"-m pip install .*\[host\]'$"):
        load_tensorflow()
