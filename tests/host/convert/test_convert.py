"""The whole conversion, from a Keras model to a verified model folder."""

import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress

from edge_app.errors import EdgeError, ModelError, SourceError, UsageError
from edge_app.model.card import VARIANTS, Variant, file_sha256, read_card
from edge_app.model.engine import load_engine
from edge_app.sources.factory import open_source
from host_tools.convert import convert as convert_module
from host_tools.convert.calibration import (
    CalibrationOptions,
    choose_images,
)
from host_tools.convert.conversion_options import CardOptions, ConversionOptions
from host_tools.convert.convert import convert
from host_tools.convert.evaluation import Evaluation
from host_tools.convert.image_worth import fingerprint, fingerprints
from host_tools.datasets import digit_files

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def options(
    keras_file: Path, mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> ConversionOptions:
    """Return the options that the tests below use or change."""
    images, labels = digit_files(mnist, "test")
    return ConversionOptions(
        model=keras_file,
        out=tmp_path_factory.mktemp("models") / "tiny",
        calibration=CalibrationOptions(str(digit_files(mnist, "train")[0])),
        evaluation=Evaluation(str(images), str(labels)),
        card=CardOptions(title="Tiny digits", source="made for a test", licence="Apache-2.0"),
    )


@pytest.fixture(scope="module")
def bundle(options: ConversionOptions) -> Path:
    """Convert once and return the model folder."""
    convert(options, Progress(disable=True))
    return options.out


def test_the_folder_holds_the_card_and_four_files(bundle: Path) -> None:
    """Nothing else is in it or beside it."""
    names = {"model.json", *(f"{name}.tflite" for name in VARIANTS)}
    assert {path.name for path in bundle.iterdir()} == names
    assert list(bundle.parent.iterdir()) == [bundle]


def test_the_card_has_the_options(bundle: Path, options: ConversionOptions) -> None:
    """Name, input, origin and licence are read back as given."""
    spec = read_card(bundle)
    assert (spec.name, spec.title, spec.licence) == (
        "tiny",
        options.card.title,
        options.card.licence,
    )
    assert (spec.input.size_wh, spec.input.channels) == ((28, 28), "gray")
    assert (spec.input.mean, spec.input.std) == ((0.0,), (255.0,))
    assert spec.source["weights"] == options.card.source
    assert spec.source["converter"].startswith("TensorFlow ")
    assert str(options.model.parent) not in (bundle / "model.json").read_text()


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_is_measured_and_loads(bundle: Path, name: str) -> None:
    """Size and digest are the file's, there is a score, and the golden check passes."""
    spec = read_card(bundle)
    variant = spec.variants[name]
    assert variant.bytes == variant.path.stat().st_size
    assert variant.sha256 == file_sha256(variant.path)
    assert variant.quality["frames"] == 50
    assert variant.quality["top1"] > 0.9
    assert len(spec.golden["expected"][name]) == 1
    assert load_engine(spec, name).variant == variant


def test_the_card_holds_the_proof_chain(bundle: Path) -> None:
    """From the Keras model in TensorFlow to the kernels of each variant."""
    links = read_card(bundle).proof
    assert [(link.link, link.variant) for link in links if link.link != "runtime"] == [
        ("source", "float32"),
        *(("variant", name) for name in VARIANTS[1:]),
        *(("delegate", name) for name in VARIANTS),
    ]
    assert {link.note for link in links} == {""}
    assert links[0].agreement == 1.0
    assert str(bundle.parent) not in (bundle / "model.json").read_text()


def test_calibration_and_scoring_share_no_image(bundle: Path, options: ConversionOptions) -> None:
    """The manifest repeats for one seed, and its images are not scored."""
    assert options.evaluation
    with options.evaluation.open() as source:
        scored = fingerprints(source)
    again = choose_images(options.calibration, exclude=scored)
    assert again.manifest == read_card(bundle).calibration
    assert not scored & {fingerprint(image) for image in again.images}


def test_scoring_on_calibration_images_is_refused(
    options: ConversionOptions, mnist: Path, tmp_path: Path, silent: Progress
) -> None:
    """The training digits cannot be used for both."""
    images, labels = digit_files(mnist, "train")
    both = replace(options, out=tmp_path / "x", evaluation=Evaluation(str(images), str(labels)))
    with pytest.raises(SourceError, match="only 0 images beside the 200"):
        convert(both, silent)


def test_a_second_conversion_gives_the_same_bytes(
    bundle: Path, options: ConversionOptions, tmp_path: Path, silent: Progress
) -> None:
    """One model and one seed give one folder on one machine."""
    convert(replace(options, out=tmp_path / "tiny"), silent)
    for path in bundle.glob("*.tflite"):
        assert path.read_bytes() == (tmp_path / "tiny" / path.name).read_bytes()
    first, again = (read_card(folder) for folder in (bundle, tmp_path / "tiny"))
    assert again.calibration == first.calibration
    assert [again.variants[n].quality for n in VARIANTS] == [
        first.variants[n].quality for n in VARIANTS
    ]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ModelError])
@pytest.mark.parametrize("where", ["open_model", "select_variant", "verify", "write_card"])
def test_an_interrupted_conversion_leaves_the_old_folder(
    bundle: Path,
    options: ConversionOptions,
    silent: Progress,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    fault: type[BaseException],
) -> None:
    """Every step may fail or be interrupted: the old files are unchanged."""
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}

    def stop(*_given: object, **_named: object) -> None:
        raise fault

    monkeypatch.setattr(convert_module, where, stop)
    with pytest.raises(fault):
        convert(options, silent)
    assert {path.name: path.read_bytes() for path in bundle.iterdir()} == before
    assert list(bundle.parent.iterdir()) == [bundle]


@pytest.mark.parametrize("becomes", [None, ValueError("unrelated")])
@pytest.mark.parametrize("where", ["select_variant", "verify"])
def test_ctrl_c_that_native_code_swallows_still_stops(
    bundle: Path,
    options: ConversionOptions,
    silent: Progress,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    becomes: Exception | None,
) -> None:
    """The converter may drop it or raise another error; the old folder stays."""
    before = (bundle / "model.json").stat().st_ino
    original = getattr(convert_module, where)

    def swallow(*given: object, **named: object) -> object:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        if becomes:
            raise becomes
        return original(*given, **named)

    monkeypatch.setattr(convert_module, where, swallow)
    with pytest.raises(KeyboardInterrupt):
        convert(options, silent)
    assert (bundle / "model.json").stat().st_ino == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("change", "kind", "why"),
    [
        ({"card": CardOptions(labels="letters")}, UsageError, "neither a file nor a label set"),
        (
            {"card": CardOptions(labels="cityscapes")},
            ModelError,
            "10 classes, but",
        ),
        ({"card": CardOptions(std=(0.0,))}, UsageError, "--std is zero"),
        (
            {"calibration": CalibrationOptions("made", samples=2)},
            UsageError,
            "20 real images or more",
        ),
        ({"calibration": CalibrationOptions("synthetic")}, UsageError, "real images"),
        ({"model": Path("absent.keras")}, ModelError, "no file"),
    ],
)
def test_wrong_options_are_refused(
    options: ConversionOptions,
    tmp_path: Path,
    silent: Progress,
    change: dict[str, Any],
    kind: type[EdgeError],
    why: str,
) -> None:
    """Each wrong option is one line, and leaves no folder."""
    with pytest.raises(kind, match=why):
        convert(replace(options, out=tmp_path / "x", **change), silent)
    assert not list(tmp_path.iterdir())


def test_the_references_own_weights_keep_their_score(
    shared: Path, tmp_path: Path, silent: Progress
) -> None:
    """The reference's model.h5, converted here, has the published score."""
    images, labels = digit_files(shared / "mnist", "test")
    options = ConversionOptions(
        model=shared / "seed_mnist" / "model.h5",
        out=tmp_path / "seed",
        calibration=CalibrationOptions(str(digit_files(shared / "mnist", "train")[0])),
        evaluation=Evaluation(str(images), str(labels)),
    )
    spec = convert(options, silent).spec
    published = {"float32": 0.9795, "float16": 0.9795, "dynamic_range": 0.9801, "int8": 0.9792}
    for name, top1 in published.items():
        assert spec.variants[name].quality["top1"] == pytest.approx(top1, abs=1e-3)
    with open_source(str(images), max_frames=1) as source:
        assert load_engine(spec, "int8").predict(next(iter(source)).image)


def test_an_error_of_a_new_file_names_the_variant(tmp_path: Path) -> None:
    """The file lies in a draft folder that is gone when the message is read."""
    variant = Variant("int8", tmp_path / ".net.part/int8.tflite", 10)
    message = f"{variant.path} fails when it is run: 24 != 0; get or convert it again"
    with (
        pytest.raises(
            ModelError, match="int8 was made, but it fails when it is run: 24 != 0; leav"
        ),
        convert_module._named_as_variant(variant),
    ):
        raise ModelError(message)
    with (
        pytest.raises(ModelError, match=r"^another; thing$"),
        convert_module._named_as_variant(variant),
    ):
        raise ModelError("another; thing")
