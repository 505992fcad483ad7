"""FlatBuffers tables are read by the numbers of their fields."""

import pytest

from edge_app.model.flatbuffer_table import DAMAGE, root_table
from tests.support.flat_tables import flat_buffer


@pytest.fixture(scope="module")
def buffer() -> bytes:
    """Return a buffer with a field of each kind."""
    fields = {0: "name", 1: 7, 3: [1.5, -2.0], 4: [{0: "a"}, {0: "b"}], 6: {0: 1}}
    return flat_buffer(fields, b"TEST")


def test_fields_are_read_and_absent_ones_have_defaults(buffer: bytes) -> None:
    """Texts, numbers, vectors, tables; a field that is not there is empty."""
    root = root_table(buffer, b"TEST")
    assert (root.text(0), root.number(1, "b"), root.numbers(3, "f")) == ("name", 7, (1.5, -2.0))
    assert [one.text(0) for one in root.tables(4)] == ["a", "b"]
    inner = root.table(6)
    assert inner is not None
    assert inner.number(0, "b") == 1
    assert (root.text(2), root.number(9, "i", 5), root.tables(9), root.table(9)) == (
        "",
        5,
        [],
        None,
    )
    assert root.content(9) == b""


def test_another_kind_of_file_is_refused(buffer: bytes) -> None:
    """The identifier in bytes 4 to 8 decides."""
    with pytest.raises(ValueError, match="no ELSE buffer"):
        root_table(buffer, b"ELSE")


def test_damage_ends_with_a_known_exception_or_a_wrong_value(buffer: bytes) -> None:
    """Whatever byte is changed or missing."""

    def read(content: bytes) -> None:
        try:
            root = root_table(content, b"TEST")
            _ = root.text(0), root.numbers(3, "f"), [one.text(0) for one in root.tables(4)]
        except DAMAGE:
            pass

    for at in range(len(buffer)):
        read(buffer[:at])
        for change in (0x01, 0x80, 0xFF):
            read(buffer[:at] + bytes([buffer[at] ^ change]) + buffer[at + 1 :])
