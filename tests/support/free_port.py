"""A port for a server of a test."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port of loopback that nothing uses."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
