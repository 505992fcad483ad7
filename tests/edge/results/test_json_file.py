"""JSON files are read into structs, and errors name the field, in one line."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from msgspec import Meta, Struct

from edge_app.bench.result_file import read_result
from edge_app.errors import SourceError
from edge_app.results.evaluation_result import read_evaluation
from edge_app.results.json_file import describe, kind_of, parse_json, read_file, to_json
from host_tools.report.reading import read_results
from tests.support.made_results import bench, summary


class Part(Struct):
    """A part of the example."""

    size: Annotated[int, Meta(ge=1, description="size of the part, mm")]


class Example(Struct):
    """A file with one list and one object."""

    schema: Annotated[int, Meta(description="version")]
    name: Annotated[str, Meta(description="name")]
    parts: Annotated[list[Part], Meta(description="all parts")] = []
    best: Annotated[Part | None, Meta(description="the best part")] = None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"schema": 1, "name": 3}', "name: expected str, got int"),
        (b'{"schema": 1}', "required field name is missing"),
        (b'{"schema": 1, "name": "a", "parts": [{"size": 0}]}', "parts[0].size: expected int >= 1"),
        (b'{"schema": 1, "name": "a", "best": {}}', "best: required field size is missing"),
        (b'{"schema": 2, "other": 1}', "schema: it is 2, this program reads 1"),
        (b"[]", "expected object, got array"),
        (b'{"schema": NaN}', "invalid JSON"),
        (b"\xff", "invalid JSON"),
    ],
)
def test_an_error_names_the_field(content: bytes, why: str) -> None:
    """The path is in front, as a reader of the file writes it."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the message is compared below
        parse_json(content, Example, schema=1)
    assert str(raised.value).startswith(why)


class Named(Struct):
    """A file with objects whose keys are free."""

    groups: dict[str, dict[str, Part]] = {}
    kind: str = "named"


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        ({"a": {"x": {"size": 1}}, "b": {"y": {"size": 1}, "z": {"size": 0}}}, "groups.b.z.size: "),
        ({"a": {}, "b": 3}, "groups.b: expected object, got int"),
        ({"a b": {"c.d": {"size": "1"}}, "e": 3}, "groups.a b.c.d.size: expected int, got str"),
    ],
)
def test_keys_are_named(groups: object, why: str) -> None:
    """Where msgspec only says that some key of an object has a wrong value."""
    with pytest.raises(ValueError, match="expected") as raised:
        parse_json(to_json({"groups": groups}), Named)
    assert str(raised.value).startswith(why)


def test_a_file_of_another_kind_is_refused() -> None:
    """Before its fields, which would only say what is missing; old files name no kind."""
    assert parse_json(b'{"kind": "named"}', Named, file_kind="named") == Named()
    assert parse_json(b"{}", Named, file_kind="named") == Named()
    with pytest.raises(ValueError, match="it is a bench result"):
        parse_json(b'{"kind": "bench", "groups": 3}', Named, file_kind="named", schema=1)


def test_a_file_is_named_in_its_error(tmp_path: Path) -> None:
    """The message has the file, the cause and the advice."""

    def read(path: Path) -> Example:
        return read_file(path, lambda content: parse_json(content, Example), "an example", "fix it")

    path = tmp_path / "x.json"
    with pytest.raises(SourceError, match=r"x\.json cannot be read .*; check the path"):
        read(path)
    path.write_bytes(b" \n")
    with pytest.raises(SourceError, match=r"x\.json is empty; fix it"):
        read(path)
    path.write_bytes(b"{}")
    with pytest.raises(SourceError, match=r"x\.json is not an example: .*missing; fix it"):
        read(path)


def test_values_of_python_and_numpy_are_written() -> None:
    """Arrays, paths and tuples become JSON's own values, and NaN becomes null."""
    content = {"a": np.float32(0.5), "b": np.arange(2), "c": Path("x"), "d": (math.nan, math.inf)}
    assert to_json(content) == b'{"a":0.5,"b":[0,1],"c":"x","d":[null,null]}\n'
    assert to_json({"a": 1}, indent=2) == b'{\n  "a": 1\n}\n'


def test_fields_are_described_with_those_inside() -> None:
    """Every field has its path, type and description; [] stands for each entry of a list."""
    assert list(describe(Example)) == [
        ("schema", "integer", "version"),
        ("name", "text", "name"),
        ("parts", "list", "all parts"),
        ("parts[].size", "integer", "size of the part, mm"),
        ("best", "object or null", "the best part"),
        ("best.size", "integer", "size of the part, mm"),
    ]


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("reference/thesis.json", "published"),
        ("reference/amd-epyc.json", "bench"),
        ("models/street/model.json", "card"),
    ],
)
def test_the_files_that_ship_have_a_kind(file: str, kind: str, assets: Path) -> None:
    """Without naming it."""
    assert kind_of((assets / file).read_bytes()) == kind


def test_other_files_have_their_kind() -> None:
    """New ones by name, old ones by their fields; what is no file of this project has none."""
    written = {"bench": bench(), "run": summary()}
    for kind, content in written.items():
        assert kind_of(to_json(content)) == kind
        assert kind_of(to_json(content | {"kind": ""})) == kind
    assert kind_of(b'{"kind": "evaluation"}') == "evaluation"
    assert kind_of(b'{"datasets": {}, "classes": [], "variants": {}}') == "evaluation"
    for other in (b"{}", b"[1]", b"\xff", b'{"kind": ["run"]}', b'{"kind": "poem"}', b"[" * 9999):
        assert not kind_of(other)


@pytest.mark.parametrize("command", ["compare", "merge", "report"])
@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("reference/thesis.json", "a file of published figures"),
        ("reference/amd-epyc.json", "a bench result"),
        ("models/mnist/model.json", "a model card"),
        ("run.json", "the summary of a run"),
    ],
)
def test_a_file_in_the_wrong_command_is_called_what_it_is(
    command: str, file: str, kind: str, assets: Path, tmp_path: Path
) -> None:
    """And the advice names the file to give instead."""
    path = assets / file
    if file == "run.json":
        path = tmp_path / file
        path.write_bytes(to_json(summary()))
    if kind == "a bench result" and command == "compare":
        return  # that is right
    if command == "report":
        if kind == "a model card":
            with pytest.raises(SourceError, match="is not a valid result: it is a model card; giv"):
                read_results(path)
        else:
            assert read_results(path)
        return
    read = read_result if command == "compare" else read_evaluation
    with pytest.raises(SourceError, match=f"{path.name} is not .*: it is {kind}; give "):
        read(path)


def test_a_sparse_file_is_refused_by_its_size(tmp_path: Path) -> None:
    """It takes no room on the disk, but would in memory."""
    path = tmp_path / "big.json"
    path.touch()
    os.truncate(path, 10**11)
    with pytest.raises(SourceError, match=r"big\.json is above 256 MB, the limit; give one"):
        read_file(path, bytes, "bench", "give one")
