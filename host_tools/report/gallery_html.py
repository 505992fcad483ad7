"""Show a gallery on the page: what every variant makes of the same pictures."""

from __future__ import annotations

from edge_app.frame import Image
from edge_app.style import percent, words
from host_tools.report.figures import FLOAT
from host_tools.report.gallery import Exhibit, Gallery, Shown, encoded
from host_tools.report.markup import Html, escape, picture, tag, variant_name


def gallery_section(gallery: Gallery) -> Html:
    """Return the gallery: agreement over all pictures, then every picture."""
    spec = gallery.spec
    parts = [tag("h2", f"Gallery: {spec.title}", id="gallery")]
    if gallery.agrees:
        told = [
            tag("li", [variant_name(name), f": {percent(share)}"])
            for name, share in gallery.agrees.items()
        ]
        what = "pixels at the network's resolution" if spec.task == "segmentation" else "pictures"
        parts.append(tag("p", f"Agreement with {FLOAT}, over all {what} of the gallery:"))
        parts.append(tag("ul", told))
    parts += [_exhibit(exhibit) for exhibit in gallery.exhibits]
    return tag("section", parts)


def _exhibit(exhibit: Exhibit) -> Html:
    if all(one.class_map is None for one in exhibit.shown):
        image = tag("div", picture(encoded(exhibit.picture, ".png"), "the input"), class_="input")
        answers = [tag("div", [tag("div", _caption(one)), _answer(one)]) for one in exhibit.shown]
        return tag(
            "div",
            [tag("h3", _title(exhibit)), tag("div", [image, *answers], class_="digit")],
            class_="exhibit",
        )
    legend = [
        tag("span", [tag("span", class_="chip", style=f"background: rgb{colour}"), name])
        for name, colour in exhibit.classes
    ]
    parts = [tag("h3", _title(exhibit)), tag("div", legend, class_="legend")]
    for place, one in enumerate(exhibit.shown):
        parts.append(tag("div", _caption(one)))
        first = (exhibit.picture, "input") if place == 0 or one.differs is None else None
        parts.append(tag("div", _views(one, first), class_="views"))
    return tag("div", parts, class_="exhibit")


def _title(exhibit: Exhibit) -> str:
    """Return a picture's name; those of a stream have only a number."""
    return f"Picture {exhibit.name}" if exhibit.name.isdecimal() else exhibit.name


def _caption(one: Shown) -> Html:
    if one.agrees is None:
        return variant_name(one.variant)
    if one.class_map is None:
        verdict = f"as {FLOAT}" if one.agrees else f"not as {FLOAT}"
    else:
        verdict = f"{percent(one.agrees)} of the pixels as {FLOAT} has them"
    return escape([variant_name(one.variant), tag("span", f"  {verdict}", class_="soft")])


def _views(one: Shown, first: tuple[Image, str] | None) -> list[Html]:
    """Return three pictures: the input, or what differs; the map; the overlay."""
    views = (
        (*first, ".jpg") if first else (one.differs, f"what {FLOAT} has otherwise", ".jpg"),
        (one.class_map, "map", ".png"),
        (one.overlay, "overlay", ".jpg"),
    )
    return [
        tag(
            "figure",
            [
                picture(encoded(image, suffix), f"{words(one.variant)}: {what}"),
                tag("figcaption", tag("span", what)),
            ],
        )
        for image, what, suffix in views
        if image is not None
    ]


def _answer(one: Shown) -> Html:
    return tag("ul", [tag("li", line) for line in one.answer])
