"""Test that a conversion stopped at any step it shows leaves the old model folder in use."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.model.card import VARIANTS, read_card
from edge_app.model.engine import load_engine
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.convert import convert
from tests.support.conversion_stops import Steps, digits_options

pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")

# In the order in which the display names them.
STEPS = (
    "choosing pictures",
    "loading the model",
    "converting float32",
    "converting",
    "converting float16",
    "converting dynamic_range",
    "converting int8",
    "calibrating int8",
    "converted",
    "measuring",
    "measuring float32",
    "measuring float16",
    "measuring dynamic_range",
    "measuring int8",
    "measured",
)


@pytest.fixture(scope="module")
def recipe(
    keras_file: Path, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> ConversionOptions:
    """Return a recipe that was carried out once, so that there is something to lose."""
    made = digits_options(tmp_path_factory.mktemp("models"), mnist, keras_file)
    steps = Steps()
    convert(made, steps)
    assert tuple(steps.seen) == STEPS, "a step was added or renamed: test that it can be stopped"
    return made


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _in_use(folder: Path) -> None:
    """Load every variant as the app does, its golden picture included."""
    spec = read_card(folder)
    assert tuple(spec.variants) == VARIANTS == tuple(spec.golden["expected"])
    for name in VARIANTS:
        load_engine(spec, name, threads=1).close()


@pytest.mark.parametrize("step", STEPS)
def test_ctrl_c_at_any_step_leaves_the_old_folder_in_use(
    recipe: ConversionOptions, step: str
) -> None:
    """Same bytes, all variants answer as the card says, and no draft stays."""
    before = _content(recipe.out)

    def press() -> None:
        signal.raise_signal(signal.SIGINT)

    # Another seed would make another folder.
    with pytest.raises(KeyboardInterrupt):
        convert(replace(recipe, seed=1), Steps(step, press))
    assert _content(recipe.out) == before
    assert list(recipe.out.parent.iterdir()) == [recipe.out]
    _in_use(recipe.out)


# From a .tflite file and without TensorFlow, so that a child is at work within a second.
_CHILD = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from host_tools.convert import bundle
from host_tools.convert.convert import convert
from tests.support.conversion_stops import Steps, digits_options

folder, mnist, model, moment = sys.argv[1:]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if moment == "before the swap":
    bundle._exchange = die
elif moment == "after the swap":
    swap = bundle._exchange
    bundle._exchange = lambda *names: (swap(*names), die())
recipe = replace(digits_options(Path(folder), Path(mnist), Path(model)), seed=1)
convert(recipe, Steps(moment, die))
"""
MOMENTS = ("converting int8", "calibrating int8", "measuring int8", "before the swap")


@pytest.mark.parametrize("moment", [*MOMENTS, "after the swap"])
def test_sigkill_leaves_a_folder_in_use(
    recipe: ConversionOptions, mnist: Path, tmp_path: Path, moment: str
) -> None:
    """The old one, or once it has been swapped in, the new one."""
    source = tmp_path / "source.tflite"
    source.write_bytes((recipe.out / "float32.tflite").read_bytes())
    before = _content(recipe.out)
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny").mkdir()
    for name, content in before.items():
        (folder / "tiny" / name).write_bytes(content)
    names = map(str, (folder, mnist, source))
    done = subprocess.run([sys.executable, "-c", _CHILD, *names, moment], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (_content(folder / "tiny") == before) == (moment in MOMENTS)
    _in_use(folder / "tiny")
