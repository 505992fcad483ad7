"""The history of a training as a file, and its figures as series."""

import json
from pathlib import Path

import pytest

from host_tools.train.history import from_json, write_history
from tests.support.made_history import made_history


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Records, missing figures and settings."""
    write_history(made_history(4), tmp_path / "x.json")
    assert from_json(json.loads((tmp_path / "x.json").read_text())) == made_history(4)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "content", ["0", "{}", "[]", '{"schema": 9}', '{"schema": 1, "settings": {}, "records": [1]}']
)
def test_other_json_is_refused(content: str) -> None:
    """A checkpoint with a damaged history is refused with it."""
    with pytest.raises(ValueError, match=r"no history|schema"):
        from_json(json.loads(content))


def test_a_series_has_the_records_with_both_figures() -> None:
    """Epochs without a score are left out."""
    assert made_history(7).series("miou", "epoch")[0] == [3, 6]
    assert made_history(7).series("absent", "epoch") == ([], [])
