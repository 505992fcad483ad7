"""Test the whole conversion: a Keras model in, a proven model folder out."""

import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rich.progress import Progress

from edge_app.errors import EdgeError, ModelError, SourceError, UsageError
from edge_app.model.card import VARIANTS, file_sha256, read_card
from edge_app.model.engine import load_engine
from edge_app.sources.factory import open_source
from host_tools.convert import convert as room
from host_tools.convert.calibration import choose_images, fingerprint, fingerprints
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.convert import convert
from host_tools.convert.evaluation import Evaluation
from host_tools.datasets import digit_files

pytest.importorskip("tensorflow", reason="needs the host extra: pip install '.[host]'")


@pytest.fixture(scope="module")
def recipe(
    keras_file: Path, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> ConversionOptions:
    """Return the recipe that the tests below carry out or change."""
    images, labels = digit_files(mnist, "test")
    return ConversionOptions(
        model=keras_file,
        out=tmp_path_factory.mktemp("models") / "tiny",
        calibration=str(digit_files(mnist, "train")[0]),
        evaluation=Evaluation(str(images), str(labels)),
        title="Tiny digits",
        source="made for a test",
        licence="Apache-2.0",
    )


@pytest.fixture(scope="module")
def bundle(recipe: ConversionOptions) -> Path:
    """Carry the recipe out once and return the model folder."""
    convert(recipe, Progress(disable=True))
    return recipe.out


def test_the_folder_holds_the_card_and_four_files(bundle: Path) -> None:
    """Nothing else is left in it or beside it."""
    names = {"model.json", *(f"{name}.tflite" for name in VARIANTS)}
    assert {path.name for path in bundle.iterdir()} == names
    assert list(bundle.parent.iterdir()) == [bundle]


def test_the_card_tells_what_the_files_cannot(bundle: Path, recipe: ConversionOptions) -> None:
    """Name, input, origin and licence are read back as they were asked for."""
    spec = read_card(bundle)
    assert (spec.name, spec.title, spec.licence) == ("tiny", recipe.title, recipe.licence)
    assert (spec.input.size_wh, spec.input.channels) == ((28, 28), "gray")
    assert (spec.input.mean, spec.input.std) == ((0.0,), (255.0,))
    assert spec.source["weights"] == recipe.source
    assert spec.source["converter"].startswith("TensorFlow ")
    assert str(recipe.model.parent) not in (bundle / "model.json").read_text()


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_is_measured_and_loads(bundle: Path, name: str) -> None:
    """Size and digest are the file's, the score is there, and the golden picture is right."""
    spec = read_card(bundle)
    variant = spec.variants[name]
    assert variant.bytes == variant.path.stat().st_size
    assert variant.sha256 == file_sha256(variant.path)
    assert variant.quality["frames"] == 50
    assert variant.quality["top1"] > 0.9
    assert len(spec.golden["expected"][name]) == 1
    assert load_engine(spec, name).variant == variant


def test_calibration_and_scoring_share_no_picture(bundle: Path, recipe: ConversionOptions) -> None:
    """The manifest repeats by its seed, and what it names is not scored."""
    assert recipe.evaluation
    with recipe.evaluation.open() as source:
        scored = fingerprints(source)
    again = choose_images(recipe.calibration, 100, 0, never=scored)
    assert again.manifest == read_card(bundle).calibration
    assert not scored & {fingerprint(image) for image in again.images}


def test_scoring_on_what_calibrates_is_refused(
    recipe: ConversionOptions, mnist: Path, tmp_path: Path, silent: Progress
) -> None:
    """The training digits cannot serve for both."""
    images, labels = digit_files(mnist, "train")
    both = replace(recipe, out=tmp_path / "x", evaluation=Evaluation(str(images), str(labels)))
    with pytest.raises(SourceError, match="only 0 pictures beside the 200"):
        convert(both, silent)


def test_a_second_conversion_gives_the_same_bytes(
    bundle: Path, recipe: ConversionOptions, tmp_path: Path, silent: Progress
) -> None:
    """One model, one seed, one machine: one folder."""
    convert(replace(recipe, out=tmp_path / "tiny"), silent)
    for path in bundle.glob("*.tflite"):
        assert path.read_bytes() == (tmp_path / "tiny" / path.name).read_bytes()
    first, again = (read_card(folder) for folder in (bundle, tmp_path / "tiny"))
    assert again.calibration == first.calibration
    assert [again.variants[n].quality for n in VARIANTS] == [
        first.variants[n].quality for n in VARIANTS
    ]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ModelError])
@pytest.mark.parametrize("where", ["open_model", "choose", "verify", "write_card"])
def test_an_interrupted_conversion_leaves_the_old_folder(
    bundle: Path,
    recipe: ConversionOptions,
    silent: Progress,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    fault: type[BaseException],
) -> None:
    """Whichever step is stopped, and by what, the bytes are those of before."""
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}

    def stop(*_given: object, **_named: object) -> None:
        raise fault

    monkeypatch.setattr(room, where, stop)
    with pytest.raises(fault):
        convert(recipe, silent)
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before
    assert list(bundle.parent.iterdir()) == [bundle]


@pytest.mark.parametrize("becomes", [None, ValueError("unrelated")])
@pytest.mark.parametrize("where", ["choose", "verify"])
def test_ctrl_c_that_native_code_swallows_still_stops(
    bundle: Path,
    recipe: ConversionOptions,
    silent: Progress,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    becomes: Exception | None,
) -> None:
    """The converter may drop it or raise another fault; the old folder stays all the same."""
    before = (bundle / "model.json").stat().st_ino
    whole = getattr(room, where)

    def swallow(*given: object, **named: object) -> object:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        if becomes:
            raise becomes
        return whole(*given, **named)

    monkeypatch.setattr(room, where, swallow)
    with pytest.raises(KeyboardInterrupt):
        convert(recipe, silent)
    assert (bundle / "model.json").stat().st_ino == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("change", "kind", "why"),
    [
        ({"labels": "letters"}, UsageError, "no label set"),
        ({"labels": "cityscapes"}, ModelError, "10 classes, but the label set has 19"),
        ({"std": (0.0,)}, UsageError, "--std is zero"),
        ({"samples": 2}, UsageError, "20 real pictures or more"),
        ({"calibration": "synthetic"}, UsageError, "real pictures"),
        ({"model": Path("absent.keras")}, ModelError, "no file"),
    ],
)
def test_refuses_what_cannot_be(
    recipe: ConversionOptions,
    tmp_path: Path,
    silent: Progress,
    change: dict[str, str],
    kind: type[EdgeError],
    why: str,
) -> None:
    """Each wrong order is one line, and leaves no folder."""
    with pytest.raises(kind, match=why):
        convert(replace(recipe, out=tmp_path / "x", **change), silent)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_the_references_own_weights_keep_their_score(
    shared: Path, tmp_path: Path, silent: Progress
) -> None:
    """The reference's model.h5, converted here, scores as its author published."""
    images, labels = digit_files(shared / "mnist", "test")
    recipe = ConversionOptions(
        model=shared / "seed_mnist" / "model.h5",
        out=tmp_path / "seed",
        calibration=str(digit_files(shared / "mnist", "train")[0]),
        evaluation=Evaluation(str(images), str(labels)),
    )
    spec = convert(recipe, silent).spec
    published = {"float32": 0.9795, "float16": 0.9795, "dynamic_range": 0.9801, "int8": 0.9792}
    for name, top1 in published.items():
        assert spec.variants[name].quality["top1"] == pytest.approx(top1, abs=1e-3)
    with open_source(str(images), max_frames=1) as source:
        assert load_engine(spec, "int8").predict(next(iter(source)).image)
