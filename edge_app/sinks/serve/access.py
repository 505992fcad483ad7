"""Access to the browser view: by host name, token and origin of a request."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from edge_app.errors import UsageError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,}")
_ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


@dataclass(frozen=True, slots=True)
class Access:
    """Rules for requests.

    names: the host names that a request may be addressed to. Another one means that a foreign
        page made its own name point here (DNS rebinding), to read the view in this browser.
    any_address: whether it may be addressed to any IP address; a rebound name is none.
    token: what a request must contain; None if the machine's own users need none.
    """

    names: frozenset[str]
    any_address: bool
    token: str | None

    @property
    def cookie(self) -> str:
        """Name of the cookie, by token: cookies ignore ports, and each run needs its own."""
        return f"edge_{sha256((self.token or '').encode()).hexdigest()[:8]}"

    def allows_host(self, header: str) -> bool:
        """Return whether the Host header names this server."""
        name = host_of(header)
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self.names
        return self.any_address or address.is_loopback

    def allows_token(self, *offered: str | None) -> bool:
        """Return whether one of the offered tokens is right, in constant time."""
        if self.token is None:
            return True
        given = [one.encode("utf-8", "replace") for one in offered if one]
        found = [hmac.compare_digest(one, self.token.encode()) for one in given]
        return any(found)

    def is_own_page(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request comes from the server's own page, or from no page."""
        if headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = headers.get("Origin")
        try:
            return origin is None or urlsplit(origin).netloc == headers.get("Host", "")
        except ValueError:  # half of an IPv6 address; no browser sends it
            return False


def access_for(host: str, token: str | None = None) -> Access:
    """Return the rules for a server at a host; beyond loopback there is always a token.

    Raises UsageError for a token that is too short or does not fit into an address.
    """
    if token is not None and not _TOKEN.fullmatch(token):
        raise UsageError(
            "the token needs 8 or more letters, digits, - or _; leave it out to get one"
        )
    names = {"localhost"}
    if not is_loopback(host):
        own = socket.gethostname().lower()
        names |= {host.lower(), own, f"{own}.local"} - {""}
        token = token or secrets.token_urlsafe(16)
    return Access(frozenset(names), not is_loopback(host), token)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host's address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_of(header: str) -> str:
    """Return the name or address in a Host header, without its port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def address_of(host: str, port: int, token: str | None, *, tls: bool = False) -> str:
    """Return the address to open in a browser."""
    name = own_address() if host in _ANYWHERE else host
    name = f"[{name}]" if ":" in name else name
    scheme = "https" if tls else "http"
    return f"{scheme}://{name}:{port}/" + (f"?token={token}" if token else "")


def own_address() -> str:
    """Return the address at which other machines reach this one, or its name if it has none.

    Nothing is sent: connecting a datagram socket only looks up the route. Its target is an
    address for documentation (RFC 5737), to which the default route leads.
    """
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return socket.gethostname()
