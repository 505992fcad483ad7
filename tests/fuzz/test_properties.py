"""Properties that hold for any content, however it was made."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is in the dev extra")

from hypothesis import HealthCheck, given, settings  # noqa: E402 - it may be missing
from hypothesis import strategies as st  # noqa: E402

from edge_app.errors import SourceError  # noqa: E402
from edge_app.labels import numbered_labels  # noqa: E402
from edge_app.model.card import ModelSpec  # noqa: E402
from edge_app.results.bench_result import parse_bench  # noqa: E402
from edge_app.results.evaluation_result import parse_evaluation  # noqa: E402
from edge_app.results.model_card import ModelCard, parse_model_card  # noqa: E402
from edge_app.sinks.keyboard import KeyDecoder  # noqa: E402
from edge_app.sources.class_ids import read_csv_labels  # noqa: E402
from edge_app.sources.idx import IMAGES, LABELS, read_idx  # noqa: E402
from edge_app.standard_streams import printable  # noqa: E402
from edge_app.timing import Latency, Rate  # noqa: E402

# The same examples each time, and no claim on time: the machine may be busy.
steady = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
texts = st.text(st.characters(), max_size=20)  # surrogates too
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
CARD = json.loads((Path(__file__).parents[2] / "assets/models/mnist/model.json").read_bytes())
FIELDS = sorted(CARD)


@steady
@given(st.sampled_from(FIELDS), values)
def test_a_card_with_any_field_is_read_or_refused(field: str, value: Any) -> None:
    """A card is whole, or one ValueError names what is wrong; it can be written again."""
    try:
        card = parse_model_card(json.dumps({**CARD, field: value}).encode())
    except ValueError:
        return
    assert msgspec.convert(json.loads(card.to_json()), ModelCard).name == card.name


@steady
@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_as_json_are_read_or_refused(content: bytes) -> None:
    """Cards, bench results and evaluations raise nothing but ValueError."""
    for parse in (parse_model_card, parse_bench, parse_evaluation):
        with pytest.raises(ValueError, match=r"\w"):
            parse(content)


@steady
@given(st.text(min_size=1, max_size=300))
def test_the_files_of_a_model_stay_in_their_folder(name: str) -> None:
    """No name of a model leads out of recordings/, or is too long for a file."""
    labels = numbered_labels("own", ("a",))
    stem = ModelSpec(name, name, "classification", labels, None, {}).file_stem  # type: ignore[arg-type]
    assert Path("recordings", f"{stem}.mp4").parent == Path("recordings")
    assert stem
    assert stem[0] not in "-."
    assert len(f"{stem}.mp4".encode()) < 255


@steady
@given(texts)
def test_a_printed_text_has_no_control_characters(text: str) -> None:
    """Only line ends and tabs are left; what is harmless is unchanged."""
    shown = printable(text)
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in shown)
    assert not any(0x7F <= ord(letter) < 0xA0 for letter in shown)
    assert printable(shown) == shown


@steady
@given(st.lists(st.text(max_size=10), min_size=1, max_size=300))
def test_any_labels_have_a_class_each(names: list[str]) -> None:
    """Labels keep their order and names, equal ones too."""
    labels = numbered_labels("own", tuple(names))
    assert labels.names == tuple(names)
    assert labels.palette_bgr().shape == (256, 1, 3)


@steady
@given(st.lists(st.binary(max_size=40), max_size=10))
def test_any_keys_are_decoded_to_names(parts: list[bytes]) -> None:
    """Decoding ends, keeps no bytes after a pause, and gives names of printable letters."""
    decoder = KeyDecoder()
    names = [name for at, part in enumerate(parts) for name in decoder.feed(part, at * 0.001)]
    names += decoder.feed(b"", 100.0)
    assert all(isinstance(name, str) and name and name.isprintable() for name in names)
    assert decoder.feed(b"", 200.0) == []


@steady
@given(st.sampled_from([IMAGES, LABELS]), st.binary(max_size=64), st.booleans())
def test_an_idx_file_has_what_its_header_states(
    tmp_path: Path, magic: int, content: bytes, whole: bool
) -> None:
    """The array has the stated shape, or one SourceError says why there is none."""
    path = tmp_path / "a"
    path.write_bytes(magic.to_bytes(4, "big") + content if whole else content)
    try:
        values = read_idx(path, magic)
    except SourceError:
        return
    assert values.size == path.stat().st_size - (16 if magic == IMAGES else 8)
    assert values.dtype == np.uint8


@steady
@given(st.text(max_size=60) | st.lists(st.integers(0, 12)).map(lambda n: "\n".join(map(str, n))))
def test_a_table_of_labels_has_classes_or_is_refused(tmp_path: Path, text: str) -> None:
    """A .csv of anything raises nothing but SourceError."""
    path = tmp_path / "labels.csv"
    path.write_text(f"label\n{text}", "utf-8", "surrogatepass")
    try:
        labels = read_csv_labels(path)
    except SourceError:
        return
    highest = 9 if labels.labels == "digits" else 10**9
    assert 0 <= labels.of(0, "0") <= highest


@steady
@given(st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=50))
def test_a_rate_is_events_over_their_time(gaps_s: list[float]) -> None:
    """Rates are positive and finite, and the overall one counts intervals."""
    rate, now_s = Rate(), 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        rate.tick(now_s)
    overall, recent = rate.overall_hz, rate.recent_hz
    assert overall is not None
    assert overall == pytest.approx((len(gaps_s) - 1) / (now_s - gaps_s[0]), rel=1e-6)
    assert recent is None or (recent > 0 and math.isfinite(recent))


@steady
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50))
def test_percentiles_are_ordered(durations_ms: list[float]) -> None:
    """Percentiles rise and lie within what was measured."""
    found = Latency.of(durations_ms)
    assert found is not None
    steps = (found.p50_ms, found.p90_ms, found.p95_ms, found.p99_ms, found.max_ms)
    for low, high in pairwise(steps):
        assert low <= high or low == pytest.approx(high)
    assert min(durations_ms) <= found.p50_ms or min(durations_ms) == pytest.approx(found.p50_ms)
