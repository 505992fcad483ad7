"""Ask a server for a file, from any byte on, and put its faults into words.

urllib is enough: TLS, proxies and redirects are its own, and of the libraries that install with
the rest none resumes a download (pooch, Keras and requests begin again).
"""

from __future__ import annotations

import http.client
import socket
import ssl
from email.message import Message
from http.client import HTTPMessage, HTTPResponse
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from edge_app import __version__
from edge_app.errors import SourceError

_SAID_TO_PASS = {408, 425, 429, 500, 502, 503, 504}


class CutOffError(Exception):
    """Report a fault that may well be gone when one asks again."""


class _Redirects(HTTPRedirectHandler):
    """Follow redirects to web addresses only, and none that gives up encryption."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        old, new = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if new not in {"http", "https"} or (old == "https" and new == "http"):
            raise SourceError(
                f"{req.full_url} sends on to {newurl}, which is not followed since it is less "
                "safe; try another network, or fetch the file with a browser"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_at(
    url: str, offset: int, validator: str | None, *, timeout_s: float, again: bool
) -> HTTPResponse:
    """Ask for a file from a byte on; a server may answer with the whole of it (status 200).

    validator: the ETag or date the bytes before the offset came with, so that a server whose
        file has changed sends the new one whole (RFC 9110, If-Range).
    again: whether this address has answered before, so that a lost network may come back.
    Raises CutOffError for what may pass and SourceError for what will not. A server that has no
    bytes from there on is answered to with the HTTPError itself (416).
    """
    headers = {
        "User-Agent": f"edge-quant/{__version__}",
        "Accept-Encoding": "identity",  # or byte positions would mean something else
    }
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if validator:
            headers["If-Range"] = validator
    request = Request(url, headers=headers)  # noqa: S310 - offers are web addresses
    try:
        response = build_opener(_Redirects).open(request, timeout=timeout_s)
    except HTTPError as fault:
        if fault.code == 416 and offset:
            raise
        fault.close()
        if fault.code in _SAID_TO_PASS:
            raise CutOffError(f"the server answers {fault.code} {fault.reason}") from None
        raise SourceError(_refused(url, fault)) from None
    except URLError as fault:
        raise _no_connection(url, fault.reason, again) from None
    except (OSError, http.client.HTTPException) as fault:
        raise _no_connection(url, fault, again) from None
    if not isinstance(response, HTTPResponse):  # what every http address gives
        raise SourceError(f"{url} is no web address; name one")
    return response


def whole_size(headers: Message, status: int) -> int | None:
    """Return the size of the whole file a response belongs to; None where it is not told."""
    if status in {206, 416}:
        size = headers.get("Content-Range", "").rpartition("/")[2]
    else:
        size = headers.get("Content-Length", "")
    return int(size) if size.isdecimal() else None


def first_byte(headers: Message) -> int | None:
    """Return where a partial answer begins; None where that is not told."""
    begins = headers.get("Content-Range", "").removeprefix("bytes").strip().partition("-")[0]
    return int(begins) if begins.isdecimal() else None


def validator_of(headers: Message) -> str | None:
    """Return what tells this version of a file from others: a strong ETag, else its date."""
    etag = headers.get("ETag", "")
    if etag.startswith('"'):  # W/"..." may stand for different bytes
        return str(etag)
    return headers.get("Last-Modified")


def read_some(response: HTTPResponse, most: int) -> bytes:
    """Return what has arrived, up to so many bytes, and b"" at the end; raise CutOffError."""
    try:
        # read1 returns after each packet; read would wait until all of it is there, and a
        # slow server would show no progress.
        return response.read1(most)
    except TimeoutError:
        raise CutOffError("nothing arrives any more") from None
    except (OSError, http.client.HTTPException) as fault:
        raise CutOffError(f"the connection broke ({_short(fault)})") from None


def _refused(url: str, fault: HTTPError) -> str:
    if fault.code in {404, 410}:
        return (
            f"{url} is not there ({fault.code} {fault.reason}); look for another address of the "
            "file and put it into the folder yourself"
        )
    return (
        f"{url} cannot be had ({fault.code} {fault.reason}); try another network, or fetch the "
        "file with a browser and put it into the folder"
    )


def _no_connection(url: str, reason: object, again: bool) -> Exception:
    """Return the error for a connection that did not come about."""
    host = urlsplit(url).hostname
    if isinstance(reason, ssl.SSLError):
        return SourceError(
            f"the connection to {host} is not safe ({reason.reason or reason}); check this "
            "machine's clock, and whether a proxy needs its certificate installed"
        )
    if isinstance(reason, TimeoutError) or again:
        return CutOffError(f"{host} does not answer ({_short(reason)})")
    if isinstance(reason, socket.gaierror):
        return SourceError(
            f"{host} cannot be found: no network here, or no name server; "
            "check the connection, and set https_proxy where there is a proxy"
        )
    return SourceError(
        f"{host} cannot be reached ({_short(reason)}); check the connection, and set "
        "https_proxy where there is a proxy"
    )


def _short(reason: object) -> str:
    """Return a fault without its number and class."""
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return str(words)
