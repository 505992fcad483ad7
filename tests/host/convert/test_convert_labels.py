"""A network of any number of classes converts, with names from a file or without."""

from pathlib import Path

import pytest
from rich.progress import Progress

from edge_app.labels import numbered_classes
from edge_app.model.card import ModelSpec, read_card
from edge_app.model.engine import load_engine
from edge_app.results.model_card import parse_model_card
from host_tools.convert.conversion_options import CardOptions, ConversionOptions
from host_tools.convert.convert import convert
from tests.support.tiny_networks import tiny_segmenter

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow
VARIANTS = ("float32", "dynamic_range")  # those that need no images


def converted(model: Path, out: Path, card: CardOptions) -> ModelSpec:
    """Convert a model and return its card."""
    with Progress(disable=True) as progress:
        convert(ConversionOptions(model, out, card=card, variants=VARIANTS), progress)
    return read_card(out)


@pytest.fixture(scope="module")
def four_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a float32 .tflite of four classes, for which no label set is usual."""
    path = tmp_path_factory.mktemp("four") / "net.tflite"
    path.write_bytes(tiny_segmenter())
    return path


def test_classes_without_names_are_numbered(four_classes: Path, tmp_path: Path) -> None:
    """The card says so, and the variants load with it."""
    spec = converted(four_classes, tmp_path / "out", CardOptions())
    assert spec.labels == numbered_classes(4)
    load_engine(spec, "dynamic_range", threads=1).close()


def test_names_and_colours_of_files_are_in_the_card(four_classes: Path, tmp_path: Path) -> None:
    """They are there after the files are gone."""
    names, palette = tmp_path / "names.txt", tmp_path / "palette.txt"
    names.write_text("0 soil\n1 crop\n2 weed\n3 stone\n", "utf-8")
    palette.write_text("0 0 0\n0 255 0\n255 0 0\n1 2 3\n", "utf-8")
    given = CardOptions(labels=str(names), palette=palette)
    spec = converted(four_classes, tmp_path / "out", given)
    assert (spec.labels.name, spec.labels.names) == ("names.txt", ("soil", "crop", "weed", "stone"))
    assert spec.labels.labels[3].colour_rgb == (1, 2, 3)
    card = parse_model_card((tmp_path / "out" / "model.json").read_bytes())
    assert not isinstance(card.labels, str)
    assert card.labels.colours[1] == (0, 255, 0)


@pytest.mark.parametrize("named", [False, True])
def test_a_u_net_of_five_classes_converts(shared: Path, tmp_path: Path, named: bool) -> None:
    """A Keras file with a number of classes that no label set has."""
    model = shared.parent / "cases" / "unet5.keras"
    if not model.is_file():
        pytest.skip("the development cases are not beside this checkout")
    names = tmp_path / "names.csv"
    names.write_text("name,r,g,b\na,1,2,3\nb,4,5,6\nc,7,8,9\nd,1,1,1\ne,2,2,2\n", "utf-8")
    given = CardOptions(labels=str(names) if named else None)
    spec = converted(model, tmp_path / "out", given)
    assert spec.labels.names == (tuple("abcde") if named else numbered_classes(5).names)
