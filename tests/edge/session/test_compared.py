"""A run compares any two variants, or two models with the same classes, from its first frame on."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from edge_app.cli import main
from edge_app.errors import UsageError
from edge_app.labels import numbered_labels
from edge_app.model.card import ModelSpec, read_card
from edge_app.model.engine import EngineKey
from edge_app.results.run_summary import RunSummary
from edge_app.session import run_session as module
from edge_app.session.compared import ChosenPartner, told_apart
from edge_app.session.options import OutputOptions, RunOptions
from edge_app.session.tasks import TaskSpec
from edge_app.style import variant_colour
from tests.support.named_bundle import NAMED, iou_of, write_bundle, write_fields

IMAGES = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two model folders of the same name, images and truth."""
    folder = tmp_path_factory.mktemp("compared")
    write_fields(folder, IMAGES)
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> ModelSpec:
    """Return a model with named variants."""
    return write_bundle(folder / "a")


@pytest.fixture(scope="module")
def other(folder: Path) -> ModelSpec:
    """Return another model of the same name and classes, with half the input size."""
    return write_bundle(folder / "b", ("float32", "int4"), size_wh=(48, 24))


@pytest.fixture(autouse=True)
def same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this process as it is."""
    monkeypatch.setattr(module, "prepare_process", lambda *_, **__: {})


def run(folder: Path, partner: ChosenPartner, variant: str, save: Path | None = None) -> RunSummary:
    """Run on all images, without a window; return the summary."""
    task = TaskSpec(partner.model, str(folder / "images"), str(folder / "truth"), "numbered")
    outputs = OutputOptions(headless=True, keys=False, save=save)
    options = RunOptions(task, variant, outputs, partner=partner, threads=1)
    summary, code = module.run_session(options, Console(file=io.StringIO(), width=200))
    assert code == 0
    return summary


def test_any_two_variants_are_scored_on_every_frame(folder: Path, model: ModelSpec) -> None:
    """The scores are those of each alone, though a network this small usually runs in groups."""
    summary = run(folder, ChosenPartner(model, variant="int16x8"), "int8-mixed")
    [pair] = summary.comparisons
    assert (pair.variant, pair.second, pair.frames) == ("int8-mixed", "int16x8", IMAGES)
    assert pair.first_quality is not None
    assert pair.quality is not None
    assert pair.first_quality.miou == pytest.approx(iou_of(model, "int8-mixed", IMAGES))
    assert pair.quality.miou == pytest.approx(iou_of(model, "int16x8", IMAGES))
    assert pair.first_quality == summary.quality
    assert 0 < (pair.agreement or 0) < 1
    assert not pair.with_model


def test_two_models_are_scored_at_their_own_sizes(
    folder: Path, model: ModelSpec, other: ModelSpec, tmp_path: Path
) -> None:
    """The second has its folder in its name, and the variant of the same name runs beside."""
    against = told_apart(model, other)
    summary = run(folder, ChosenPartner(model, against), "int4", tmp_path / "last.png")
    [pair] = summary.comparisons
    assert (pair.variant, pair.second, pair.with_model) == ("int4", "int4", "fields (b)")
    assert pair.quality is not None
    assert pair.quality.miou == pytest.approx(iou_of(other, "int4", IMAGES))
    assert pair.first_quality is not None
    assert pair.first_quality.miou == pytest.approx(iou_of(model, "int4", IMAGES))
    assert (tmp_path / "last.png").is_file()


def test_the_command_says_what_runs_beside(
    folder: Path, model: ModelSpec, other: ModelSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    """The summary has both models with their scores, and the file says which the second is."""
    truth = ["--truth", f"{folder / 'truth'}", "--truth-labels", "numbered"]
    names = ["--model", f"{folder / 'a'}", "--against", f"{folder / 'b'}", "--variant", "int8"]
    log = folder / "log"
    code = main(
        ["run", f"{folder / 'images'}", *truth, *names, "--headless", "--metrics", f"{log}"]
    )
    assert code == 0
    printed = capsys.readouterr().out
    assert "beside Fields float32, loaded in" in printed  # b has no int8
    assert "fields int8 and fields (b) float32: " in " ".join(printed.split())
    [pair] = json.loads((log / "summary.json").read_text("utf-8"))["comparisons"]
    assert (pair["variant"], pair["with"], pair["with_model"]) == ("int8", "float32", "fields (b)")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--variant int8-mixd", "fields has no variant 'int8-mixd'; did you mean int8-mixed?"),
        ("--compare-with int16", "fields has no variant 'int16'; did you mean int16x8?"),
        ("--against {a}", "--against fields is the model itself; --compare-with NAME compares"),
        ("--against {b} --compare-with int8", "fields (b) has no variant 'int8'; "),
        ("--against mnist", "fields paints classes, mnist names them; name a model with the same"),
        ("--against street", "fields has 4 (crops) and street has 19 (cityscapes); name a model"),
    ],
)
def test_what_does_not_fit_is_one_line(
    folder: Path,
    model: ModelSpec,
    other: ModelSpec,
    words: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is an error of usage, before a model is loaded."""
    given = words.format(a=folder / "a", b=folder / "b").split()
    command = ["run", f"{folder / 'images'}", "--model", f"{folder / 'a'}", "--headless", *given]
    assert main(command) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line


def test_models_with_other_classes_are_refused(model: ModelSpec, other: ModelSpec) -> None:
    """The same number is not enough; the first class that differs is named."""
    renamed = replace(other, labels=numbered_labels("crops", ("soil", "rye", "maize", "water")))
    with pytest.raises(UsageError, match=re.escape("class 1 is 'wheat' in fields and 'rye' in")):
        ChosenPartner(model, told_apart(model, renamed))


def test_classifiers_have_no_class_maps_to_compare(assets: Path) -> None:
    """The message names what scores them."""
    with pytest.raises(UsageError, match="names one class for each image; score such models with"):
        ChosenPartner(read_card(assets / "models" / "mnist"), variant="int8")


def test_the_partner_follows_the_keys(model: ModelSpec, other: ModelSpec, assets: Path) -> None:
    """Another model runs the variant of the same name, else its default; a task of its own none."""

    def names(partner: ChosenPartner) -> list[str]:
        keys = (partner(EngineKey(model, name, 2)) for name in ("float32", "int8", *NAMED))
        return [f"{key.model} {key.variant} {key.threads}" if key else "" for key in keys]

    against = told_apart(model, other)
    assert names(ChosenPartner(model)) == [
        "fields int8 2", *["fields float32 2"] * 4
    ]  # fmt: skip
    assert names(ChosenPartner(model, variant="int4")) == [
        *["fields int4 2"] * 4, "fields float32 2"
    ]  # fmt: skip
    assert names(ChosenPartner(model, against)) == [
        *["fields (b) float32 2"] * 4, "fields (b) int4 2"
    ]  # fmt: skip
    assert names(ChosenPartner(model, against, "int4")) == ["fields (b) int4 2"] * 5
    digits = EngineKey(read_card(assets / "models" / "mnist"), "int8", 1)
    assert ChosenPartner(model, against)(digits) is None


def test_models_of_one_name_are_told_apart(folder: Path, model: ModelSpec) -> None:
    """By as much of their folders as differs, and two files of one folder by their names."""
    for second, name in (
        (folder / "x" / "a", "fields (x/a)"),
        (folder / "b", "fields (b)"),
    ):
        moved = {
            name: replace(one, path=second / one.path.name) for name, one in model.variants.items()
        }
        assert told_apart(model, replace(model, variants=moved)).name == name
    files = [replace(model, variants={name: model.variants[name]}) for name in ("float32", "int8")]
    assert told_apart(*files).name == "fields (int8)"
    assert told_apart(model, replace(model, name="farm")).name == "farm"
    assert variant_colour("fields int8", ["int8"]) != variant_colour("int8")


def test_deeplab_runs_beside_the_street_model(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two networks of the same classes; what is guessed of the second, without a card, is said."""
    first = shared / "cityscapes/leftImg8bit/val/frankfurt"
    deeplab = shared / "deeplab/seed_1025x2049_int8.tflite"
    image = min(first.iterdir())
    truths = shared / "cityscapes/gtFine/val/frankfurt"
    truth = next(truths.glob(f"{image.name[:23]}*labelTrainIds*"))
    assert truth.is_file()
    words = ["--truth", f"{truth}", "--model", "street", "--against", f"{deeplab}", "--headless"]
    assert main(["run", f"{image}", *words, "--metrics", f"{tmp_path}"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert f"guessed from the file of {deeplab.stem}: " in printed
    [pair] = json.loads((tmp_path / "summary.json").read_text("utf-8"))["comparisons"]
    assert pair["with_model"] == deeplab.stem
    assert pair["invoke_ms"] > 0
    assert pair["quality"]["miou"] > pair["first_quality"]["miou"] > 0.3
    assert pair["agreement"] > 0.8
