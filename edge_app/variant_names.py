"""Names of variants: the canonical four, which have keys and colours, and any others."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

VARIANTS = ("float32", "float16", "dynamic_range", "int8")  # in the order they are shown
LONGEST = 40  # characters; a chip of the HUD takes about half as many before it cuts
ALL = "all"  # what --variants takes instead of names
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_CLOSE = 0.76  # of difflib: int4 is not meant to be int8


def check_variant_names(names: Iterable[str]) -> None:
    """Raise ValueError for a name that cannot be one, or that is too much like another.

    Names are those of files, too, and some file systems ignore the case of letters.
    """
    plain = {_plain(name): name for name in (*VARIANTS, ALL)}
    for name in names:
        if name in VARIANTS:
            continue
        if len(name) > LONGEST or not _NAME.fullmatch(name):
            raise ValueError(
                f"'{name[:LONGEST]}' is no name of a variant: letters, digits, dash and "
                f"underscore, a letter or digit first, {LONGEST} at most"
            )
        other = plain.setdefault(_plain(name), name)
        if other != name or name == ALL:
            raise ValueError(f"'{name}' is too much like '{other}'; choose another name")


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")


def in_shown_order(names: Iterable[str]) -> list[str]:
    """Return the canonical names in their order, and after them the others as they come."""
    names = list(names)
    return [*(name for name in VARIANTS if name in names), *(n for n in names if n not in VARIANTS)]


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Return the one of some names that was probably meant, None if none is like it."""
    by_plain = {_plain(each): each for each in names}
    begun = [each for each in by_plain if each.startswith(_plain(name))]
    near = begun if len(begun) == 1 else []
    near = near or difflib.get_close_matches(_plain(name), list(by_plain), 1, _CLOSE)
    return by_plain[near[0]] if near else None
