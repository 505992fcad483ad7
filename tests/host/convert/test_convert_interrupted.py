"""A conversion that is stopped at any step leaves a usable model folder."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.model.card import VARIANTS, read_card
from edge_app.model.engine import load_engine
from host_tools.convert.bundle import restore_old
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.convert import convert
from tests.support.conversion_stops import Steps, digits_options

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow

# In the order of the display.
STEPS = (
    "1/7 choosing images",
    "2/7 loading the model",
    "3/7 converting float32",
    "converting",
    "calibrating int8",
    "4/7 converting float16",
    "5/7 converting dynamic_range",
    "6/7 converting int8",
    "converted",
    "measuring",
    "7/7 measuring float32",
    "7/7 measuring float16",
    "7/7 measuring dynamic_range",
    "7/7 measuring int8",
    "measured",
)


@pytest.fixture(scope="module")
def options(
    keras_file: Path, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> ConversionOptions:
    """Return the options of a conversion that has already run once."""
    first = digits_options(tmp_path_factory.mktemp("models"), mnist, keras_file)
    steps = Steps()
    convert(first, steps)
    assert tuple(steps.seen) == STEPS, "a step was added or renamed: test its interruption too"
    return first


def other_seed(options: ConversionOptions) -> ConversionOptions:
    """Return options that would make another folder."""
    return replace(options, calibration=replace(options.calibration, seed=1))


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _in_use(folder: Path) -> None:
    """Load every variant as the app does, with its golden check."""
    spec = read_card(folder)
    assert tuple(spec.variants) == VARIANTS == tuple(spec.golden["expected"])
    for name in VARIANTS:
        load_engine(spec, name, threads=1).close()


@pytest.mark.parametrize("step", STEPS)
def test_ctrl_c_at_any_step_leaves_the_old_folder(options: ConversionOptions, step: str) -> None:
    """The bytes are the same, all variants pass their check, and no draft remains."""
    before = _content(options.out)

    def press() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        convert(other_seed(options), Steps(step, press))
    assert _content(options.out) == before
    assert list(options.out.parent.iterdir()) == [options.out]
    _in_use(options.out)


# From a .tflite file and without TensorFlow, so that a child starts within a second.
_CHILD = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from host_tools.convert.convert import convert
from tests.support.conversion_stops import Steps, digits_options

folder, mnist, model, moment = sys.argv[1:]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
original, calls = Path.rename, 0

def rename(path, target):
    global calls
    calls += 1
    moments = ["before the renames", "between the renames", "after the renames"]
    if moment in moments and calls == 1 + moments.index(moment):
        die()
    original(path, target)
    if moment == "after the renames" and calls == 2:
        die()

Path.rename = rename
options = digits_options(Path(folder), Path(mnist), Path(model))
options = replace(options, calibration=replace(options.calibration, seed=1))
convert(options, Steps(moment, die))
"""
OLD = (
    "6/7 converting int8",
    "calibrating int8",
    "7/7 measuring int8",
    "before the renames",
    "between the renames",
)


@pytest.mark.parametrize("moment", [*OLD, "after the renames"])
def test_sigkill_leaves_a_whole_folder(
    options: ConversionOptions, mnist: Path, tmp_path: Path, moment: str
) -> None:
    """It is the old one until the new one has its name."""
    source = tmp_path / "source.tflite"
    source.write_bytes((options.out / "float32.tflite").read_bytes())
    before = _content(options.out)
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny").mkdir()
    for name, content in before.items():
        (folder / "tiny" / name).write_bytes(content)
    names = map(str, (folder, mnist, source))
    done = subprocess.run([sys.executable, "-c", _CHILD, *names, moment], check=False)
    assert done.returncode == -signal.SIGKILL
    restore_old(folder / "tiny")
    assert (_content(folder / "tiny") == before) == (moment in OLD)
    _in_use(folder / "tiny")
