"""Read command lines: what both programs' parsers have in common."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(commands: Commands, name: str, text: str, examples: str) -> argparse.ArgumentParser:
    """Add a command whose help ends with examples that can be copied."""
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def positive(text: str) -> int:
    """Read a whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def seconds(text: str) -> float:
    """Read a duration in seconds, below a day."""
    number = float(text)
    if not 0 < number < 86400:
        raise argparse.ArgumentTypeError("must be above 0 and below a day")
    return number


def share(text: str) -> float:
    """Read a share between 0 and 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return number


def size(text: str) -> tuple[int, int]:
    """Read a width and a height, as 513x257."""
    width, cross, height = text.lower().partition("x")
    if not cross or not width.isdecimal() or not height.isdecimal() or not int(width) * int(height):
        raise argparse.ArgumentTypeError(f"'{text}' is no size; write WIDTHxHEIGHT, as 513x257")
    return int(width), int(height)


def listen_at(text: str) -> tuple[str, int]:
    """Read an address to listen at, as 8080, 0.0.0.0:8080 or [::]:8080; loopback unless given."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        port = ""  # an IPv6 address without its brackets
    if not (port.isascii() and port.isdecimal()) or int(port) > 65535 or (colon and not host):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no address to listen at; write PORT or HOST:PORT, as 8080, "
            "0.0.0.0:8080 or [::]:8080"
        )
    return host or "127.0.0.1", int(port)


def numbers(text: str) -> tuple[float, ...]:
    """Read one number, or several with commas."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no number; write one, or one per channel as 123.7,116.8,103.9"
        ) from None
