"""The better one of two quantizers' results is kept, and always the same one."""

from pathlib import Path

import pytest

from edge_app.errors import ModelError, UsageError
from edge_app.model.card import read_card
from host_tools.convert.select import Candidate, check_quantizer, select_best, select_variant
from tests.support.whole_runs import ROOT


def _one(quantizer: str, agreement: float, partitions: int, size: int) -> Candidate:
    return Candidate(quantizer, bytes(size), partitions, agreement, 0.1)


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        ((0.98, 1, 50), (0.96, 1, 20), "a"),  # agreement comes first
        ((0.96, 1, 50), (0.98, 3, 90), "b"),
        ((0.98, 16, 50), (0.96, 1, 50), "b"),  # in 16 partitions it is slower than float32
        ((0.975, 16, 145), (0.949, 1, 500), "b"),
        ((0.989, 16, 75), (0.986, 1, 340), "b"),  # as good, and one partition
        ((0.98, 0, 40), (0.98, 1, 41), "a"),  # without a delegate there is no transfer either
        ((0.98, 1, 50), (0.983, 1, 51), "a"),  # as good, and smaller
        ((0.983, 1, 51), (0.98, 1, 50), "b"),
        ((0.9996, 1, 4_252_768), (0.9994, 1, 4_226_948), "b"),  # DeepLab's float16
        ((0.98, 1, 50), (0.98, 1, 50), "a"),  # the order of the quantizers
    ],
)
def test_agreement_and_partitions_then_size_then_order(
    first: tuple[float, int, int], second: tuple[float, int, int], best: str
) -> None:
    """Nothing that differs from run to run decides: no time."""
    assert select_best([_one("a", *first), _one("b", *second)]).quantizer == best


def test_an_unknown_quantizer_is_refused() -> None:
    """The error lists the known names."""
    with pytest.raises(UsageError, match="auto, tensorflow, ai-edge-quantizer"):
        check_quantizer("magic")


def test_another_quantizer_is_used_when_the_first_fails(tmp_path: Path) -> None:
    """A file that is not what its name says is an error of its quantizer alone."""

    def refuse() -> bytes:
        raise ModelError("the first reason")

    def fail() -> bytes:
        raise ModelError("another reason")

    spec = read_card(ROOT / "assets/models/mnist")
    for builders, fallback in (
        ({"ai-edge-quantizer": refuse, "tensorflow": lambda: b"made"}, {}),
        ({"ai-edge-quantizer": refuse}, {"tensorflow": lambda: b"made"}),
    ):
        content, entry = select_variant(builders, spec, "int8", [], tmp_path, fallback)
        assert content == b"made"
        assert entry["quantizer"].startswith("tensorflow ")
    with pytest.raises(ModelError, match="the first reason"):
        select_variant({"ai-edge-quantizer": refuse}, spec, "int8", [], tmp_path, {"x": fail})
