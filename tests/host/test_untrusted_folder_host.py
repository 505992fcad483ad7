"""No command of host-tools runs a file of the current folder, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.traps import HOST_SCRIPT, folder_of_traps, run_there
from tests.support.whole_runs import ROOT

pytestmark = pytest.mark.tensorflow


@pytest.mark.slow
def test_a_conversion_runs_no_file_of_the_current_folder(tmp_path: Path, assets: Path) -> None:
    """Neither itself nor by the child processes that try the new files."""
    folder = folder_of_traps(tmp_path)
    (folder / "new.tflite").write_bytes((assets / "models/mnist/float32.tflite").read_bytes())
    images = ROOT / "assets/samples/digits-images-idx3-ubyte.gz"
    done = run_there(
        folder, HOST_SCRIPT, "convert", "new.tflite", "--out", "out", "--calibration", images,
        "--samples", "20",
    )  # fmt: skip
    assert not (folder / "ran").exists(), (folder / "ran").read_text()
    assert done.returncode == 0, done.stderr
    assert (folder / "out/model.json").is_file()
