"""Evaluations are interrupted, continued, merged and drawn."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from edge_app.cli import main
from edge_app.errors import SourceError, UsageError
from edge_app.evaluate.dataset import ImageSet, parse_dataset
from edge_app.evaluate.evaluation_file import merge, quality_of_variant, write_evaluation
from edge_app.evaluate.running import begin, counts_of, score_variant
from edge_app.labels import numbered_classes
from edge_app.metrics.scorer import Scorer
from edge_app.model.card import ModelSpec, read_card, write_card
from edge_app.model.engine import load_engine
from edge_app.results.evaluation_result import (
    EVALUATION_NAME,
    DatasetInfo,
    EvaluationResult,
    read_evaluation,
)
from edge_app.results.json_file import to_json
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth


@pytest.fixture
def digits(assets: Path) -> str:
    """Return --dataset for the digits that ship."""
    stem = assets / "samples" / "digits"
    return f"idx:{stem}-images-idx3-ubyte.gz,{stem}-labels-idx1-ubyte.gz"


@pytest.fixture
def mnist(assets: Path) -> ModelSpec:
    """Return the digit model that ships."""
    return read_card(assets / "models" / "mnist")


def evaluate(out: Path, *arguments: str) -> dict[str, Any]:
    """Run the command and return what it wrote."""
    assert main(["evaluate", "--out", str(out), "--model", "mnist", *arguments]) == 0
    content: dict[str, Any] = json.loads((out / EVALUATION_NAME).read_text("utf-8"))
    return content


def test_two_boards_add_up_to_one(tmp_path: Path, digits: str) -> None:
    """Half the frames here and half there, merged, are the very file of all frames."""
    what = ("--dataset", digits, "--variants", "int8,float32")
    whole = evaluate(tmp_path / "whole", *what)
    evaluate(tmp_path / "a", *what, "--frames", "0:123")
    evaluate(tmp_path / "b", *what, "--frames", "123:")
    files = [str(tmp_path / name / EVALUATION_NAME) for name in "ab"]
    assert main(["merge", *files, "--out", str(tmp_path / "both")]) == 0
    both = json.loads((tmp_path / "both" / EVALUATION_NAME).read_text("utf-8"))
    assert both["variants"] == whole["variants"]
    assert whole["variants"]["int8"]["quality"]["frames"] == 500
    assert whole["status"] == "complete"
    assert (tmp_path / "whole" / "confusion-int8.png").is_file()
    assert list((tmp_path / "whole" / "worst-int8").glob("01-*.png"))


def test_a_sum_over_kinds_of_cpu_says_so(
    tmp_path: Path, digits: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workstation and a Pi round differently; two of one kind do not."""
    files = []
    for name, frames in (("a", "0:20"), ("b", "20:40"), ("c", "40:60")):
        evaluate(tmp_path / name, "--dataset", digits, "--variants", "int8", "--frames", frames)
        files.append(tmp_path / name / EVALUATION_NAME)
    capsys.readouterr()
    content = json.loads(files[2].read_text("utf-8"))
    content["boards"][0] |= {"cpu": "Cortex-A76", "machine": "aarch64", "model": "Raspberry Pi 5"}
    files[2].write_text(json.dumps(content))
    for chosen, mixed in ((files[:2], False), (files, True)):
        line = ["merge", *map(str, chosen), "--out", str(tmp_path / f"sum{mixed}")]
        assert main(line) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert ("counted on 2 kinds of CPU, " in said) is mixed
        assert ("Cortex-A76 (aarch64)" in said) is mixed


def test_scores_are_those_of_a_run(tmp_path: Path, digits: str, mnist: ModelSpec) -> None:
    """Scoring frame by frame in parts counts what one scorer counts over all."""
    found = evaluate(tmp_path, "--dataset", digits, "--variants", "dynamic_range")
    engine = load_engine(mnist, "dynamic_range")
    dataset = parse_dataset(digits)
    scorer = Scorer(mnist.labels, "digits")
    for frame in open_source(dataset.images, truth=open_truth(dataset.truth)):
        scorer.add(frame, engine.predict(frame.image))
    confusion = found["variants"]["dynamic_range"]["confusion"]
    assert confusion["counts"] == scorer.matrix.counts.tolist()


@pytest.fixture
def scene(digits: str, mnist: ModelSpec, tmp_path: Path) -> Callable[[], EvaluationResult]:
    """Return a function that begins, or continues, an evaluation in a folder."""
    dataset = parse_dataset(digits)
    images = ImageSet(dataset)
    return lambda: begin(mnist, ["int8"], dataset, images, tmp_path)


@pytest.mark.parametrize("how", ["stopped", "interrupted"])
def test_an_interrupted_evaluation_continues(
    how: str, scene: Callable[[], EvaluationResult], tmp_path: Path, digits: str, mnist: ModelSpec
) -> None:
    """What was counted is kept, nothing is counted twice, and the end is that of one run."""
    engine, images = load_engine(mnist, "int8"), ImageSet(parse_dataset(digits))
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if how == "interrupted" and ticks == 777 - 500:
            raise KeyboardInterrupt

    def save(result: EvaluationResult) -> None:
        write_evaluation(result, tmp_path)

    def run(should_continue: Callable[[], bool]) -> EvaluationResult:
        return score_variant(
            scene(), engine, images, (0, 500), save,
            should_continue=should_continue, on_frame=tick,
        )  # fmt: skip

    once = score_variant(scene(), engine, images, (0, 500), lambda _: None)
    score_variant(scene(), engine, images, (0, 100), save)
    if how == "stopped":
        run(lambda: ticks < 50)
        assert ticks == 50
    else:
        with pytest.raises(KeyboardInterrupt):
            run(lambda: True)
    kept = read_evaluation(tmp_path / EVALUATION_NAME)
    assert kept.status == "interrupted"
    assert kept.variants["int8"].frames == (150 if how == "stopped" else 100)
    again = run(lambda: True)
    found, expected = counts_of(again, "int8"), counts_of(once, "int8")
    assert to_json(found) == to_json(expected)


def test_an_evaluation_of_something_else_is_not_continued(tmp_path: Path, digits: str) -> None:
    """Another data set in the same folder is refused, --anew replaces it."""
    evaluate(tmp_path, "--dataset", digits, "--variants", "int8", "--frames", "0:9")
    images, labels = (Path(text) for text in digits.removeprefix("idx:").split(","))
    moved = tmp_path / "moved.gz"
    moved.write_bytes(images.read_bytes())
    other = ["--dataset", f"idx:{moved},{labels}", "--variants", "int8", "--frames", "0:7"]
    arguments = ["evaluate", "--out", str(tmp_path), "--model", "mnist", *other]
    assert main(arguments) == 2
    assert main([*arguments, "--anew"]) == 0
    assert read_evaluation(tmp_path / EVALUATION_NAME).variants["int8"].frames == 7


def test_results_that_do_not_belong_together_are_refused(tmp_path: Path, digits: str) -> None:
    """Other files, other sets and frames counted twice are refused unless allowed."""
    evaluate(tmp_path, "--dataset", digits, "--variants", "int8", "--frames", "0:9")
    one = read_evaluation(tmp_path)
    with pytest.raises(UsageError, match="frames 0 to 8 are in both results"):
        merge(one, one)
    twice = merge(one, one, frozenset({"overlap"})).variants["int8"].matrix
    assert np.array_equal(twice.counts, 2 * one.variants["int8"].matrix.counts)
    changed = replace(one, variants={"int8": replace(one.variants["int8"], sha256="f" * 64)})
    with pytest.raises(UsageError, match="the int8 files differ"):
        merge(one, changed, frozenset({"overlap"}))
    parts = dict(zip(["other"], one.variants["int8"].parts.values(), strict=True))
    other = replace(
        one,
        datasets={"other": DatasetInfo("another", 9)},
        variants={"int8": replace(one.variants["int8"], parts=parts)},
    )
    with pytest.raises(UsageError, match="different data sets"):
        merge(one, other)
    assert merge(one, other, frozenset({"datasets"})).variants["int8"].frames == 18
    with pytest.raises(UsageError, match="same classes"):
        merge(one, replace(one, labels="camvid"), frozenset({"datasets", "models", "overlap"}))
    assert main(["merge", str(tmp_path), str(tmp_path), "--allow", "all"]) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": 9}, "schema: it is 9, this program reads 1"),
        ({"classes": ["0"]}, "counts of int8 are not of 1 classes"),
        ({"variants": {"int8": {}}}, r"variants.int8: required field sha256 is missing"),
        ({"kind": "bench"}, "it is a bench result"),
    ],
)
def test_an_error_names_the_wrong_field(
    change: dict[str, Any], why: str, tmp_path: Path, digits: str
) -> None:
    """The message names the field."""
    content = evaluate(tmp_path, "--dataset", digits, "--variants", "int8", "--frames", "0:3")
    (tmp_path / EVALUATION_NAME).write_text(json.dumps({**content, **change}), "utf-8")
    with pytest.raises(SourceError, match=why):
        read_evaluation(tmp_path)


def test_streets_are_scored_and_their_worst_frames_drawn(tmp_path: Path, assets: Path) -> None:
    """Frame, truth and answer are side by side, and the matrix is an image too."""
    if not (assets / "models" / "street").is_dir():
        pytest.skip("the street model is not in this checkout")
    samples = assets / "samples"
    data = f"cityscapes:{samples / 'street.mp4'},{samples / 'street-truth.tar'}"
    out = tmp_path / "out"
    arguments = ["evaluate", "--dataset", data, "--variants", "int8", "--frames", "2:5"]
    assert main([*arguments, "--out", str(out), "--worst", "2"]) == 0
    found = read_evaluation(out)
    assert found.variants["int8"].frames == 3
    assert quality_of_variant(found, "int8").miou is not None
    images = sorted((out / "worst-int8").iterdir())
    assert len(images) == 2
    image = cv2.imread(str(images[0]))
    assert image is not None
    assert image.shape[1] > 3 * image.shape[0]


def test_numbered_classes_are_scored_against_numbered_truth(
    tmp_path: Path, assets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Class maps with the model's own ids need no label set; an id above them is refused."""
    street = read_card(assets / "models" / "street")
    labels = numbered_classes(len(street.labels.classes))
    model = tmp_path / "model"
    model.mkdir()
    shutil.copy(street.variants["int8"].path, model)
    variants = {"int8": street.variants["int8"]}
    write_card(dataclasses.replace(street, labels=labels, variants=variants, golden={}), model)
    images, maps = tmp_path / "images", tmp_path / "maps"
    images.mkdir()
    maps.mkdir()
    for number in range(2):
        cv2.imwrite(str(images / f"{number}.png"), np.full((32, 64, 3), 90 * number, np.uint8))
        cv2.imwrite(str(maps / f"{number}.png"), np.full((32, 64), 18 * number, np.uint8))
    arguments = ["evaluate", "--model", str(model), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--dataset", f"numbered:{images},{maps}"]) == 0
    found = read_evaluation(tmp_path / "out")
    assert (found.labels, found.classes) == ("numbered", labels.names)
    assert found.variants["int8"].matrix.counts.sum() == 2 * 32 * 64
    capsys.readouterr()
    cv2.imwrite(str(maps / "1.png"), np.full((32, 64), 25, np.uint8))
    assert main([*arguments, "--dataset", f"numbered:{images},{maps}", "--anew"]) == 2
    assert "1.png: the truth has class 25, the model's numbered labels have 19 classes" in (
        capsys.readouterr().err
    )


def test_labels_that_do_not_fit_are_refused_before_a_frame_is_read(
    tmp_path: Path, digits: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message has both sets and the way on."""
    arguments = ["evaluate", "--model", "street", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--dataset", digits]) == 2
    assert "a model with cityscapes labels cannot be scored against digits truth" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("frames", ["5", "9:3", "0:501", "a:b"])
def test_frames_outside_the_set_are_refused(frames: str, tmp_path: Path, digits: str) -> None:
    """A span has to be within the data set."""
    arguments = ["--dataset", digits, "--model", "mnist", "--out", str(tmp_path)]
    assert main(["evaluate", *arguments, "--frames", frames]) == 2
