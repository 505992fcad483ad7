"""What is no source is refused with what it is and what to do."""

from pathlib import Path

import pytest

from edge_app.cli import main
from edge_app.errors import SourceError
from edge_app.sources.factory import open_source


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("net.tflite", "net.tflite is a model: --model net.tflite"),
        ("folder", "folder is a model: --model folder"),
        ("mnist", "mnist is a model: --model mnist"),
        ("net.h5", "net.h5 is a Keras model, not images; convert it first: host-tools convert "),
        (
            "net.keras",
            "net.keras is a Keras model, not images; convert it first: host-tools",
        ),
        ("net.pb", "net.pb is a graph of TensorFlow, not images; convert it first: host-tools"),
        ("saved", "saved is a SavedModel, not images; convert it first: host-tools convert saved "),
        ("net.onnx", "net.onnx is an ONNX model, not images; export it as a SavedModel"),
        ("mnis", "there is no mnis in ."),
        ("gone.tflite", "there is no gone.tflite in ."),
        ("empty", "there is no image in empty"),
    ],
)
def test_a_model_is_recognised_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, why: str
) -> None:
    """It is often given in the place of the source."""
    monkeypatch.chdir(tmp_path)
    for file in ("net.tflite", "net.h5", "net.keras", "net.pb", "net.onnx", "saved/saved_model.pb",
                 "folder/model.json"):  # fmt: skip
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(b"content")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError) as fault:
        open_source(source)
    assert str(fault.value).startswith(why)


def test_a_folder_of_images_beside_a_card_is_a_source(tmp_path: Path, assets: Path) -> None:
    """What can be shown is shown, whatever lies beside it."""
    (tmp_path / "model.json").write_text("{}")
    (tmp_path / "a.pgm").write_bytes(b"P5 2 2 255\n\0\0\0\0")
    assert open_source(str(tmp_path)).frame_count == 1


def test_bench_names_the_option_of_a_value_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    """`run` takes its source as an argument, `bench` by an option."""
    for value, option in (("drive.mp4", "--source"), ("a.tflite", "--model"), ("mnist", "--model")):
        with pytest.raises(SystemExit) as end:
            main(["bench", value])
        assert end.value.code == 2
        asked = f"unexpected argument '{value}'; did you mean {option} {value}? see"
        assert asked in capsys.readouterr().err
