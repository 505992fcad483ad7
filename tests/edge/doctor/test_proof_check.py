"""The links that a board repeats: kernels, runtimes, and both against the golden image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.doctor import proof_check
from edge_app.doctor.proof_check import has_failed, links_here
from edge_app.model.card import read_card
from edge_app.model.interpreter.runtimes import find_runtime


@pytest.mark.skipif(find_runtime() != "litert", reason="needs LiteRT's own kernels")
def test_kernels_and_golden_image_are_repeated(assets: Path) -> None:
    """The shipped digits pass on the delegate and on the runtime's own kernels."""
    spec = read_card(assets / "models" / "mnist")
    links = links_here(spec, spec.variants["int8"])
    assert [link.link for link in links[:3]] == ["board", "delegate", "board"]
    assert all(link.agreement == 1.0 for link in links)
    assert not has_failed(links)


def test_another_golden_answer_is_said(assets: Path) -> None:
    """A card that expects another class has a note in each link to its machine."""
    spec = read_card(assets / "models" / "mnist")
    wrong = replace(spec, golden={"pattern": "digit", "expected": {"int8": [3]}})
    links = [one for one in links_here(wrong, spec.variants["int8"]) if one.link == "board"]
    assert {link.note for link in links} == {"0 of 1 classes only"}
    assert has_failed(links)


@pytest.mark.skipif(find_runtime() != "litert", reason="needs LiteRT's fp16")
def test_each_installed_runtime_is_compared(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second runtime has a link to the first, and one to the golden image."""
    monkeypatch.setattr(proof_check, "installed", lambda: ("litert", "litert-fp16", "tensorflow"))
    spec = read_card(assets / "models" / "mnist")
    links = links_here(spec, spec.variants["float32"])
    (runtime,) = (link for link in links if link.link == "runtime")
    assert "in fp16" in runtime.second
    assert runtime.agreement == 1.0
    assert runtime.max_abs_error
    assert any("in fp16" in link.second for link in links if link.link == "board")
