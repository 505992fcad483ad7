"""What was inferred is shown in a block, with other readings and the options that choose them."""

import io
from dataclasses import replace
from pathlib import Path

from edge_app.console import TextConsole
from edge_app.model.guess import ASSUMED, CERTAIN, DOUBTFUL, LIKELY, Guess
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.session.guess_table import guess_table, way_to_correct, way_to_keep
from tests.support.metadata_files import write_classifier

GUESSES = (
    Guess("task", "segmentation", "by its output 1x8x8x3", CERTAIN, "--task"),
    Guess("channels", "rgb", "as usual", ASSUMED, "--channels"),
    Guess("output", "a (1x8x8x3)", "the first of its kind of 2", LIKELY, "--output", "1 b[x]"),
    Guess("input", "(pixel - 0) / 1", "no usual range fits", DOUBTFUL, "--mean --std"),
    Guess("variant", "float32", "by the types of its tensors", LIKELY),
)


def test_each_guess_has_a_row_with_its_reason() -> None:
    """Names from a file are no markup; another reading stands below the reason."""
    console = TextConsole(width=100, record=True, file=io.StringIO())
    console.print(guess_table(GUESSES))
    said = console.export_text()
    assert "or 1 b[x]" in said
    for guess in GUESSES:
        row = next(line for line in said.splitlines() if line.split()[:1] == [guess.topic])
        assert guess.value in row
        assert row.split()[-1] == guess.sureness


def test_the_options_that_need_a_look_come_first() -> None:
    """What is certain needs none."""
    assert way_to_correct(GUESSES) == "to change it: --output --mean --std --channels"
    sure = [replace(guess, sureness=CERTAIN) for guess in GUESSES]
    assert way_to_correct(sure) == "nothing had to be guessed"


def test_the_way_to_a_card_names_the_file(tmp_path: Path) -> None:
    """As a command."""
    path = write_classifier(tmp_path / "net.tflite")
    said = way_to_keep(infer_card(path, CardOverrides()))
    assert said.endswith(f"; to keep it in a card: edge-app models init {path} --out DIR")
