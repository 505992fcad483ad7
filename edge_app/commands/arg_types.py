"""Options of both programs: adding them, their types, and options dataclasses made of them."""

from __future__ import annotations

import argparse
import inspect
import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

# Thousands of threads end the process on some machines, in the runtime's own code.
_MOST_THREADS = 128
_MOST = 2**31 - 1  # of a whole number: what every counter and seed takes, also of 32 bits
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class OptionAdder:
    """Adds options to a parser or to a group of one; the text of each ends with its default."""

    target: argparse._ActionsContainer

    def value(
        self,
        name: str,
        metavar: str,
        text: str,
        kind: Callable[[str], Any] = str,
        default: Any = None,
    ) -> None:
        """Add an option with a value; kind: turns its text into the value."""
        # argparse says no more of a wrong one than "invalid int value".
        kind = whole if kind is int else number if kind is float else kind
        self.target.add_argument(name, metavar=metavar, help=text, type=kind, default=default)

    def choice(
        self, name: str, choices: Sequence[str], text: str, default: str | None = None
    ) -> None:
        """Add an option with one of some values."""
        self.target.add_argument(name, choices=choices, help=text, default=default)

    def flag(self, name: str, text: str) -> None:
        """Add an option without a value."""
        self.target.add_argument(name, action="store_true", help=text)


def options_from(namespace: argparse.Namespace, kind: type[T], **more: Any) -> T:
    """Return an options class made of the values of a namespace that it has fields for.

    more: fields that the namespace has under another name, or not at all.
    """
    fields = inspect.signature(kind).parameters
    values = {name: value for name, value in vars(namespace).items() if name in fields}
    return kind(**values | more)


def whole(text: str, wanted: str = "a whole number") -> int:
    """Return a whole number of at most 31 bits; an error says what is wanted."""
    try:
        found = int(text)
    except ValueError:
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        raise argparse.ArgumentTypeError(f"invalid number '{shown}': give {wanted}") from None
    if abs(found) > _MOST:
        raise argparse.ArgumentTypeError(
            f"must be {'at most ' if found > 0 else 'at least -'}{_MOST}"
        )
    return found


def number(text: str, wanted: str = "a number") -> float:
    """Return a number, neither infinite nor undefined; an error says what is wanted."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"invalid number '{text}': give {wanted}")
    return found


def positive(text: str) -> int:
    """Return a whole number of 1 or more."""
    found = whole(text, "a whole number of 1 or more")
    if found < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return found


def threads(text: str) -> int:
    """Return a number of threads that a network can have here."""
    found, most = positive(text), max(_MOST_THREADS, os.cpu_count() or 1)
    if found > most:
        raise argparse.ArgumentTypeError(
            f"must be at most {most}; more threads than the {os.cpu_count()} cores here are slower"
        )
    return found


def natural(text: str) -> int:
    """Return a whole number of 0 or more."""
    found = whole(text, "a whole number of 0 or more")
    if found < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return found


def seconds(text: str) -> float:
    """Return a duration in seconds, below a day."""
    found = number(text, "seconds, e.g. 90 or 0.5")
    if not 0 < found < 86400:
        raise argparse.ArgumentTypeError("must be above 0 and below a day")
    return found


def slide_seconds(text: str) -> float:
    """Return how long an image is shown, in seconds: from a frame of film to ten minutes."""
    found = number(text, "seconds, e.g. 2 or 0.5")
    if not 0.04 <= found <= 600:
        raise argparse.ArgumentTypeError("must be from 0.04 to 600")
    return found


def share(text: str) -> float:
    """Return a share between 0 and 1."""
    found = number(text, "a number from 0 to 1, e.g. 0.5")
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return found


def inner_share(text: str) -> float:
    """Return a share above 0 and below 1."""
    found = share(text)
    if found in {0, 1}:
        raise argparse.ArgumentTypeError("must be above 0 and below 1")
    return found


def size(text: str) -> tuple[int, int]:
    """Return the width and height of a text like 513x257."""
    width, cross, height = text.lower().partition("x")
    sides = [int(side) for side in (width, height) if side.isdecimal() and len(side) <= 6]
    if not cross or len(sides) < 2 or not all(sides):
        raise argparse.ArgumentTypeError(
            f"invalid size '{text[:40]}': give WIDTHxHEIGHT, e.g. 513x257"
        )
    return sides[0], sides[1]


def listen_at(text: str) -> tuple[str, int]:
    """Return host and port of 8080, 0.0.0.0:8080 or [::]:8080; the host is loopback by default."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        port = ""  # an IPv6 address without its brackets
    if (
        not (port.isascii() and port.isdecimal())
        or len(port) > 5
        or int(port) > 65535
        or (colon and not host)
    ):
        raise argparse.ArgumentTypeError(
            f"invalid address '{text}': give [HOST:]PORT, e.g. 8080, 0.0.0.0:8080 or [::]:8080"
        )
    return host or "127.0.0.1", int(port)


def connections(text: str) -> int:
    """Return a number of connections; one page in a browser needs three."""
    found = whole(text, "a whole number from 8 to 4096")
    if not 8 <= found <= 4096:
        raise argparse.ArgumentTypeError("must be from 8 to 4096")
    return found


def numbers(text: str) -> tuple[float, ...]:
    """Return the numbers of a text like 123.7,116.8,103.9."""
    wanted = "one, or one per channel, e.g. 123.7,116.8,103.9"
    return tuple(number(part, wanted) for part in text.split(","))


def thread_counts(text: str) -> list[int]:
    """Return the numbers of threads in a text like 1,2,4."""
    return [threads(part) for part in text.split(",")]


def rate(text: str) -> float:
    """Return a rate in Hz, above 0 and at most 1000."""
    found = number(text, "a number of Hz, e.g. 30")
    if not 0 < found <= 1000:
        raise argparse.ArgumentTypeError("must be above 0 and at most 1000")
    return found


def duration(text: str) -> float:
    """Return the seconds of 90, 90s, 10m or 1h."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip().lower())
    if not found:
        raise argparse.ArgumentTypeError(f"invalid time '{text}': give e.g. 90s, 10m or 1h")
    return seconds(str(float(found[1]) * _UNITS[found[2]]))


def percent(text: str) -> float:
    """Return the share that 5% or 0.05 is."""
    wanted = "a share, e.g. 5% or 0.05"
    found = number(text.rstrip("% "), wanted) / (100 if text.strip().endswith("%") else 1)
    if not 0 <= found < 10:
        raise argparse.ArgumentTypeError("must be 0 % or more, e.g. 5% or 0.05")
    return found
