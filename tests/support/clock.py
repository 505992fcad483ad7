"""A clock that a test sets."""


class Clock:
    """Seconds, which go on only when a test adds some."""

    def __init__(self, now_s: float = 50.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s
