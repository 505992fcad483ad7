"""Requests whose parts cannot be read: answered with 400, where aiohttp fails with 500."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

_CHARSETS = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1"}
_TEXT = "This request cannot be read; open the address that edge-app printed.\n"


@web.middleware
async def refuse_malformed(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer a request as its handler does; with 400 if it cannot be read.

    The dates are read here, since a file is sent after all handlers: a fault in them would close
    the connection without an answer.
    """
    try:
        _ = request.if_modified_since, request.if_unmodified_since, request.if_range
    except (ValueError, OverflowError):
        return web.Response(status=400, text=_TEXT)
    if (request.charset or "utf-8").lower() not in _CHARSETS:  # Python's "hex" is one, too
        return web.Response(status=400, text=_TEXT)
    try:
        return await handler(request)
    except (HttpProcessingError, ClientPayloadError, web.RequestPayloadError, zlib.error):
        return web.Response(status=400, text=_TEXT)
