"""Write HTML in which nothing is forgotten to be escaped."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable

from edge_app.style import variant_colour, words


class Html(str):
    """Hold text that is HTML already; any other text is escaped where it is put in."""

    __slots__ = ()


def escape(content: str | Iterable[str]) -> Html:
    """Return text as HTML, and several pieces one behind the other."""
    if isinstance(content, Html):
        return content
    if isinstance(content, str):
        return Html(html.escape(content))
    return Html("".join(escape(piece) for piece in content))


def tag(name: str, content: str | Iterable[str] = "", /, **attributes: str) -> Html:
    """Return an element; `class_` is its class."""
    told = "".join(
        f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items() if value
    )
    if name in {"img", "source", "meta"}:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{escape(content)}</{name}>")


def data_url(content: bytes, kind: str) -> str:
    """Return bytes as an address that holds them."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def picture(content: bytes, alt: str, dark: bytes | None = None) -> Html:
    """Return an inlined PNG or JPEG, with another one for dark pages where there is one."""
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    image = tag("img", src=data_url(content, kind), alt=alt)
    if dark is None:
        return image
    # Paper is white whatever the screen is set to.
    media = "screen and (prefers-color-scheme: dark)"
    return tag("picture", [tag("source", media=media, srcset=data_url(dark, kind)), image])


def table(head: Iterable[str], rows: Iterable[Html], class_: str = "") -> Html:
    """Return a table that scrolls sideways where it is too wide."""
    first, *others = head
    cells = [tag("th", first), *(tag("th", name, class_="num") for name in others)]
    content = [tag("thead", tag("tr", cells)), tag("tbody", rows)]
    return tag("div", tag("table", content, class_=class_), class_="scroll")


def variant_name(name: str) -> Html:
    """Return a variant's name behind a chip of its colour."""
    chip = tag("span", class_="chip", style=f"background: {variant_colour(name)}")
    return escape([chip, words(name)])
