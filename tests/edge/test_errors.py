"""Every error is an EdgeError and ends with what the user can do."""

import ast
from pathlib import Path

import pytest

from edge_app import errors
from edge_app.errors import EdgeError, ModelError, SinkError, SourceError, UsageError

PACKAGE = Path(__file__).resolve().parents[2] / "edge_app"
NAMES = {"EdgeError", "UsageError", "SourceError", "ModelError", "SinkError"}


@pytest.mark.parametrize("kind", [UsageError, SourceError, ModelError, SinkError])
def test_every_error_is_an_edge_error(kind: type[Exception]) -> None:
    """One except clause catches them all."""
    assert issubclass(kind, EdgeError)
    assert str(kind("a; b")) == "a; b"


def test_the_docstring_shows_the_class_tree() -> None:
    """The names in the docstring are the names that exist."""
    shown = {word for word in (errors.__doc__ or "").split() if word.endswith("Error")}
    assert shown == NAMES == {name for name in vars(errors) if name.endswith("Error")}


def says_what_to_do(message: ast.expr) -> bool:
    """Return whether a message has a fix after a semicolon, or says what is needed.

    A message that ends in a value, or is made elsewhere, is not checked here.
    """
    if isinstance(message, ast.JoinedStr):
        if isinstance(message.values[-1], ast.FormattedValue):
            return True
    elif not isinstance(message, ast.Constant):
        return True
    text = ast.unparse(message)
    return ";" in text or " needs " in text


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_every_message_says_what_to_do(path: Path) -> None:
    """The problem is followed by the fix."""
    silent = [
        f"{path.name}:{node.lineno}: {ast.unparse(node.args[0])}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in NAMES
        and node.args
        and not says_what_to_do(node.args[0])
    ]
    assert silent == []
