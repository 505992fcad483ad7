"""Test that a missing TensorFlow is told in one line."""

import sys

import pytest

from edge_app.errors import ModelError
from host_tools.framework import load_tensorflow


def test_says_how_to_get_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message ends in the pip line."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModelError, match=r"pip install 'edge-quant\[host\]'"):
        load_tensorflow()
