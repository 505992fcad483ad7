"""The free area of the display, so that a window opens at a size that fits."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Size = tuple[int, int]  # width, height

# Fits beside the panels of a full-HD desktop; a window manager would cut a larger one.
LARGEST_WH = (1600, 900)
# A title bar and a frame, where a window manager draws them.
_TITLE_PX, _FRAME_PX = 36, 8
_WINDOW_MANAGER, _FREE_AREA = b"_NET_SUPPORTING_WM_CHECK", b"_NET_WORKAREA"


def largest_window_wh(env: Mapping[str, str] | None = None) -> Size:
    """Return the size of the largest window that fits on the display, within `LARGEST_WH`.

    env: (default: that of this process).
    """
    env = os.environ if env is None else env
    free = None
    # Whatever the display does not answer, a window can still open at the usual size.
    with suppress(OSError, AttributeError, ValueError):
        if sys.platform == "win32":
            free = _windows_wh()
        elif env.get("DISPLAY"):
            free = _x11_wh(env["DISPLAY"])
    if free is None:
        return LARGEST_WH
    return min(LARGEST_WH[0], free[0]), min(LARGEST_WH[1], free[1])


def _windows_wh() -> Size | None:
    user32: Any = getattr(ctypes, "windll").user32  # noqa: B009 - exists on Windows alone
    # SM_CXFULLSCREEN and SM_CYFULLSCREEN (winuser.h): inside a maximised window.
    width, height = (int(user32.GetSystemMetrics(number)) for number in (16, 17))
    return (width, height) if min(width, height) > 0 else None


class _Screen(ctypes.Structure):
    """The beginning of xcb_screen_t (xproto.h)."""

    _fields_ = (
        ("root", ctypes.c_uint32), ("default_colormap", ctypes.c_uint32),
        ("white_pixel", ctypes.c_uint32), ("black_pixel", ctypes.c_uint32),
        ("current_input_masks", ctypes.c_uint32), ("width_in_pixels", ctypes.c_uint16),
        ("height_in_pixels", ctypes.c_uint16),
    )  # fmt: skip


class _Screens(ctypes.Structure):
    """xcb_screen_iterator_t."""

    _fields_ = (
        ("data", ctypes.POINTER(_Screen)),
        ("rem", ctypes.c_int),
        ("index", ctypes.c_int),
    )


class _Cookie(ctypes.Structure):
    """The cookie of any request."""

    _fields_ = (("sequence", ctypes.c_uint),)


class _AtomReply(ctypes.Structure):
    """xcb_intern_atom_reply_t."""

    _fields_ = (("header", ctypes.c_uint8 * 8), ("atom", ctypes.c_uint32))


def _x11_wh(display: str) -> Size | None:
    """Return the free size of an X11 display; None if it does not answer."""
    xcb = ctypes.CDLL("libxcb.so.1")
    for name, result in (
        ("xcb_connect", ctypes.c_void_p), ("xcb_get_setup", ctypes.c_void_p),
        ("xcb_setup_roots_iterator", _Screens), ("xcb_intern_atom", _Cookie),
        ("xcb_intern_atom_reply", ctypes.POINTER(_AtomReply)), ("xcb_get_property", _Cookie),
        ("xcb_get_property_reply", ctypes.c_void_p), ("xcb_get_property_value", ctypes.c_void_p),
    ):  # fmt: skip
        getattr(xcb, name).restype = result
    connection = ctypes.c_void_p(xcb.xcb_connect(os.fsencode(display), None))
    try:
        if xcb.xcb_connection_has_error(connection):
            return None
        setup = ctypes.c_void_p(xcb.xcb_get_setup(connection))
        screen = xcb.xcb_setup_roots_iterator(setup).data.contents

        def numbers(name: bytes) -> list[int]:
            return _property(xcb, connection, screen.root, name)

        whole = (screen.width_in_pixels, screen.height_in_pixels)
        return free_wh(whole, numbers)
    finally:
        xcb.xcb_disconnect(connection)


def _property(xcb: Any, connection: ctypes.c_void_p, window: int, name: bytes) -> list[int]:
    """Return the numbers of a window's property; empty without it."""
    free = ctypes.CDLL(None).free
    free.argtypes = [ctypes.c_void_p]
    cookie = xcb.xcb_intern_atom(connection, ctypes.c_uint8(0), ctypes.c_uint16(len(name)), name)
    atom = xcb.xcb_intern_atom_reply(connection, cookie, None)
    if not atom:
        return []
    number = atom.contents.atom
    free(atom)
    words = [ctypes.c_uint32(value) for value in (window, number, 0, 0, 64)]  # of any type
    cookie = xcb.xcb_get_property(connection, ctypes.c_uint8(0), *words)
    reply = xcb.xcb_get_property_reply(connection, cookie, None)
    if not reply:
        return []
    holder = ctypes.c_void_p(reply)
    length = xcb.xcb_get_property_value_length(holder) // 4
    value = xcb.xcb_get_property_value(holder)
    found = list((ctypes.c_uint32 * length).from_address(value)) if value and length else []
    free(holder)
    return found


def free_wh(whole_wh: Size, numbers: Callable[[bytes], list[int]]) -> Size:
    """Return how large the inside of a window may be on a screen.

    numbers: returns a property of the root window by its name. Window managers leave out panels
    in _NET_WORKAREA (x, y, width and height of each desktop) and draw a title bar.
    """
    if not numbers(_WINDOW_MANAGER):
        return whole_wh
    area = numbers(_FREE_AREA)
    width, height = whole_wh
    if len(area) >= 4 and min(area[2:4]) > 0:
        width, height = min(width, area[2]), min(height, area[3])
    return max(1, width - _FRAME_PX), max(1, height - _TITLE_PX)
