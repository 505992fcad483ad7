"""The right runtime is found, and a missing or broken one is explained."""

import importlib.metadata
import struct
import sys
from types import ModuleType

import pytest

from edge_app.errors import ModelError
from edge_app.model.interpreter import runtimes
from edge_app.model.interpreter.runtimes import (
    CHOICES,
    RUNTIMES,
    find_runtime,
    installed,
    load_runtime,
)


@pytest.fixture
def have(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return a dictionary that replaces the installed runtimes: name to version."""
    versions: dict[str, str] = {}
    monkeypatch.setattr(runtimes, "_version", versions.get)
    return versions


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("litert",), "litert"),
        (("tflite-runtime",), "tflite-runtime"),
        (("tensorflow",), "tensorflow"),
        (("tensorflow", "tflite-runtime"), "tflite-runtime"),
        (("tensorflow", "tflite-runtime", "litert"), "litert"),
    ],
)
def test_auto_takes_the_first_that_is_installed(
    have: dict[str, str], names: tuple[str, ...], chosen: str
) -> None:
    """LiteRT before tflite-runtime before TensorFlow."""
    have.update(dict.fromkeys(names, "1.0"))
    assert find_runtime("auto") == chosen


@pytest.mark.parametrize("name", RUNTIMES)
def test_an_installed_runtime_can_be_chosen(have: dict[str, str], name: str) -> None:
    """The choice holds, whatever else is installed."""
    have.update(dict.fromkeys(RUNTIMES, "1.0"))
    assert find_runtime(name) == name


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("auto", r"looked for litert, .*, tensorflow\); run: \S+ -m pip install ai-edge-litert"),
        ("litert", r"litert is not installed; run: \S+ -m pip install ai-edge-litert"),
        (
            "tflite-runtime",
            r"Python 3\.11 venv run: python -m pip install tflite-runtime==2\.14\.0 'numpy<2'",
        ),
        ("tensorflow", r"run: \S+ -m pip install tensorflow"),
    ],
)
def test_a_missing_runtime_names_its_pip_command(
    have: dict[str, str], choice: str, message: str
) -> None:
    """The message says how to install the runtime that was chosen."""
    with pytest.raises(ModelError, match=message):
        find_runtime(choice)


def test_a_missing_runtime_names_the_others(have: dict[str, str]) -> None:
    """The message lists the runtimes that are installed."""
    have["litert"] = "2.3.0"
    with pytest.raises(ModelError, match=r"\(installed: litert\)"):
        find_runtime("tensorflow")


def test_a_32_bit_python_is_refused_first(
    have: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 32-bit userland on a 64-bit kernel gets a message of its own."""
    monkeypatch.setattr(struct, "calcsize", lambda _format: 4)
    with pytest.raises(ModelError, match=r"32-bit Python.*install the 64-bit"):
        find_runtime("auto")


@pytest.mark.parametrize(
    ("numpy", "refused"), [("1.26.4", False), ("2.0.0", True), ("2.4.6", True)]
)
def test_numpy_2_under_tflite_runtime_is_explained(
    have: dict[str, str], monkeypatch: pytest.MonkeyPatch, numpy: str, refused: bool
) -> None:
    """The message names both versions and the pip command, instead of a bare SystemError."""
    have["tflite-runtime"] = "2.14.0"
    monkeypatch.setattr(importlib.metadata, "version", {"numpy": numpy}.__getitem__)
    module = ModuleType("tflite_runtime.interpreter")
    module.Interpreter = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tflite_runtime", ModuleType("tflite_runtime"))
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", module)
    if not refused:
        assert load_runtime("tflite-runtime").title == "tflite-runtime 2.14.0"
        return
    with pytest.raises(ModelError, match=f"2.14.0 cannot work with numpy {numpy}; .*'numpy<2'"):
        load_runtime("tflite-runtime")


@pytest.mark.parametrize("broken", ["no such module", "no such class"])
def test_an_installation_that_does_not_load_is_explained(
    have: dict[str, str], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """The message gives the reason and the command that repairs it."""
    have["litert"] = "2.3.0"
    module = None if broken == "no such module" else ModuleType("ai_edge_litert.interpreter")
    monkeypatch.setitem(sys.modules, "ai_edge_litert", ModuleType("ai_edge_litert"))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    with pytest.raises(ModelError, match=r"2\.3\.0 is installed but does not load .*reinstall"):
        load_runtime("litert")


def test_looking_for_runtimes_loads_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of installed runtimes comes from package metadata alone."""
    names = ("ai_edge_litert", "tflite_runtime", "tensorflow")
    for name in [name for name in sys.modules if name.split(".")[0] in names]:
        monkeypatch.delitem(sys.modules, name)
    assert installed()
    assert not {name.split(".")[0] for name in sys.modules}.intersection(names)


@pytest.mark.parametrize("name", RUNTIMES)
def test_every_runtime_that_is_installed_loads(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """It has its version and its Interpreter, and prints nothing."""
    if name not in installed():
        pytest.skip(f"{name} is not installed here")
    runtime = load_runtime(name)
    assert runtime.name == name
    assert runtime.title.endswith(runtime.version)
    assert runtime.make.__name__ == "Interpreter"
    assert capfd.readouterr().err == ""


def test_the_choices_are_auto_and_the_runtimes() -> None:
    """The command line offers exactly what can be found."""
    assert CHOICES == ("auto", "litert", "tflite-runtime", "tensorflow", "litert-fp16")


@pytest.mark.parametrize("how", ["cause", "context", "text"])
def test_ctrl_c_while_it_loads_is_no_fault_of_the_runtime(
    have: dict[str, str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A native module makes an ImportError of it, with the first error as cause or in its text."""
    have["litert"] = "2.3.0"

    def fail(_name: str) -> ModuleType:
        text = "KeyboardInterrupt: <EMPTY MESSAGE>" if how == "text" else "initialization failed"
        fault = ImportError(text)
        if how == "cause":
            fault.__cause__ = KeyboardInterrupt()
        elif how == "context":
            fault.__context__ = KeyboardInterrupt()
        raise fault

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(KeyboardInterrupt):
        load_runtime("litert")
