"""The command line of host-tools."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge_app.errors import UsageError
from edge_app.model.card import read_card
from host_tools import cli, datasets
from host_tools.commands import sample
from tests.support.program_options import actions_of

COMMANDS = [command.name for command in cli.PROGRAM.commands]
HEAVY = {"numpy", "cv2", "rich", "tensorflow", "keras", "ai_edge_litert", "matplotlib", "dask"}


def _loaded_by(code: str) -> set[str]:
    listing = f"{code}\nimport sys; print('MODULES', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, check=True)
    return set(done.stdout.decode().partition("MODULES")[2].split())


@pytest.mark.parametrize("line", ["", *COMMANDS, "train mnist", "train street"])
def test_help_loads_nothing_heavy(line: str) -> None:
    """--help needs neither numpy, OpenCV, rich nor TensorFlow."""
    arguments = [*line.split(), "--help"]
    loaded = _loaded_by(
        "from contextlib import suppress\nfrom host_tools.cli import main\n"
        f"with suppress(SystemExit):\n    main({arguments})"
    )
    assert not loaded & HEAVY


def test_commands_load_tensorflow_only_when_it_is_needed() -> None:
    """A wrong path is an error before TensorFlow has taken its seconds."""
    assert not _loaded_by("import host_tools.convert.convert") & {"tensorflow", "keras"}


@pytest.mark.parametrize("command", [*COMMANDS, "train mnist", "train street"])
def test_each_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help ends with a line to copy."""
    with pytest.raises(SystemExit):
        cli.main([*command.split(), "--help"])
    assert f"\n  host-tools {command} " in capsys.readouterr().out


# They belong to others, without which they mean nothing.
DEPENDENT = {"--images", "--int8", "--float32"}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_option_has_its_default(command: str) -> None:
    """An option is required, may be repeated, or its help says what happens without it."""
    options = [one for one in actions_of(cli.PROGRAM, command) if one.option_strings]
    for action in options:
        name = action.option_strings[-1]
        if not action.required and name not in DEPENDENT:
            assert "(default: " in (action.help or ""), name


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("train mnist --data nowhere", 1, "nowhere has neither train-images"),
        ("train mnist --out digits.h5", 2, "must end in .keras"),
        ("train mnist --epochs 0", 2, "at least 1"),
        ("sample digits --data nowhere --out x", 1, "nowhere has neither"),
        (
            "convert t.tflite --out x --calibration nowhere --eval one",
            2,
            "there is no folder one; give IMAGES,LABELS",
        ),
        ("convert t.tflite --out x --labels cityscapes", 2, "give --calibration\n"),
        ("convert t.tflite --out x --labels digits", 2, "host-tools fetch mnist"),
        ("convert t.tflite --out x --variants int4", 2, "--variants int4: choose from"),
        ("convert a.keras --out x", 1, "there is no file a.keras"),
        ("convert LONG --out x", 1, "cannot be reached (File name too long); check the path"),
        ("convert t.tflite --out x --calibration LONG", 1, "cannot be reached (File name too"),
        ("convert t.tflite --out x --calibration t.tflite --eval LONG", 2, "IMAGES,LABELS"),
        ("convert t.tflite --out x --calibration t.tflite --eval LONG,LONG", 1, "name too long"),
        ("report LONG --out x", 1, "cannot be read (File name too long)"),
        ("sample digits --data LONG --out x", 1, "has neither"),
        ("convert a.keras --out x --calibration nowhere", 1, "there is no file a.keras"),
    ],
)
def test_an_error_is_one_line(
    line: str,
    code: int,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exit code is 1 for an error and 2 for usage; there is no traceback, and no download."""

    def download(*_: object) -> None:
        raise AssertionError("nothing may be downloaded")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(datasets, "_download_with_keras", download)
    Path("t.tflite").write_bytes(b"a model")
    assert cli.main(line.replace("LONG", "x" * 300).split()) == code
    error = capsys.readouterr().err
    assert error.startswith("host-tools: ")
    assert "EDGE_DEBUG" not in error
    assert why in error
    assert error.count("\n") == 1


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """EDGE_DEBUG=1 shows the exception."""
    monkeypatch.setenv("EDGE_DEBUG", "1")
    with pytest.raises(UsageError):
        cli.main(["train", "mnist", "--epochs", "0"])


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C prints a line and returns the usual exit code."""

    def stop(_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "run", stop)
    assert cli.main(["sample", "digits", "--out", "x"]) == 130
    assert "stopped" in capsys.readouterr().err


def test_sample_writes_two_files(
    mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output lists both files."""
    line = ["sample", "digits", "--data", str(mnist), "--count", "20", "--out", str(tmp_path)]
    assert cli.main(line) == 0
    assert len(list(tmp_path.iterdir())) == 2
    assert capsys.readouterr().out.count("20 digits") == 2


@pytest.mark.tensorflow
def test_train_then_convert(
    mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two commands give a model folder and a table of the four variants."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    keras, out = tmp_path / "m.keras", tmp_path / "m"
    assert cli.main(["train", "mnist", "--data", str(mnist), "--out", str(keras)]) == 0
    shown = capsys.readouterr().out
    assert "of the held-out digits" in shown
    assert f"convert {keras} --calibration {mnist} --eval {mnist} --out DIR" in shown
    line = ["convert", str(keras), "--out", str(out)]
    assert cli.main([*line, "--calibration", str(mnist), "--eval", str(mnist)]) == 0
    shown = capsys.readouterr().out
    for variant in read_card(out).variants.values():
        assert f"{variant.bytes:,}" in shown
    assert "calibrated on 100 images of train-images-idx3-ubyte.gz" in shown


@pytest.mark.tensorflow
def test_digits_are_not_assumed_for_another_network(
    tmp_path: Path,
    mnist: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """MNIST on this machine calibrates digit networks only."""
    keras = pytest.importorskip("keras", reason="needs the host extra: pip install '.[host]'")
    layers = [keras.Input((32, 64, 3)), keras.layers.Conv2D(19, 3)]
    keras.Sequential(layers).save(tmp_path / "net.keras")
    monkeypatch.chdir(tmp_path)
    Path("mnist").symlink_to(mnist)
    assert cli.main(["convert", "net.keras", "--out", "net"]) == 2
    assert "this network takes 64x32 images, not digits; give --calibration" in (
        capsys.readouterr().err
    )
