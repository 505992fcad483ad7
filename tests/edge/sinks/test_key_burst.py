"""Keys of a person pass; those of a paste, a script or a book on the keyboard do not."""

from __future__ import annotations

from edge_app.sinks.key_burst import KeyBurst


class Bench:
    """A burst filter with a clock."""

    def __init__(self) -> None:
        self.now_s = 10.0
        self.burst = KeyBurst(lambda: self.now_s)

    def press(self, number: int, every_s: float) -> int:
        """Press keys one by one; return how many pass."""
        passed = 0
        for _ in range(number):
            self.now_s += every_s
            passed += self.burst.admits(1)
        return passed


def test_a_held_key_passes() -> None:
    """For as long as it is held, fifty times a second."""
    assert Bench().press(1000, 1 / 50) == 1000


def test_keys_that_a_slow_frame_held_back_pass() -> None:
    """Half a second of a held key comes at once."""
    bench = Bench()
    for _ in range(100):
        bench.now_s += 0.5
        assert bench.burst.admits(16)


def test_a_burst_is_dropped_and_counted() -> None:
    """At once as a whole; one key after another as soon as it is seen to be one."""
    bench = Bench()
    assert not bench.burst.admits(33)
    assert bench.burst.dropped == 33
    bench.now_s += 1
    assert bench.press(10_000, 1e-3) == 32
    assert bench.burst.dropped == 33 + 10_000 - 32


def test_a_burst_ends_with_a_pause() -> None:
    """A fifth of a second without a key; then keys act again."""
    bench = Bench()
    assert bench.press(500, 1e-3) == 32
    assert bench.press(3, 0.19) == 0
    assert bench.burst.admits(0)
    assert bench.press(1, 0.21) == 1
    assert bench.press(4, 0.1) == 4
