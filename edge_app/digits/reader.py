"""All digits of an image, read with a network for single digits."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from edge_app.digits.find import find_digits
from edge_app.digits.normalise import SIDE
from edge_app.digits.track import Tracker
from edge_app.errors import UsageError
from edge_app.frame import Classification, Image, Readings, Result
from edge_app.model.card import ModelSpec
from edge_app.model.engine import Engine, Inference

CHOICES = ("auto", "on", "off")
_MUCH_LARGER = 3  # times the input, on both sides: then an image is a page and not a digit


def can_read(spec: ModelSpec) -> bool:
    """Return whether a model takes what `find_digits` gives: 28x28, gray, ten classes."""
    return (
        spec.task == "classification"
        and spec.input.channels == "gray"
        and spec.input.size_wh == (SIDE, SIDE)
        and len(spec.labels.classes) == 10
    )


class DigitReader:
    """Inference that reads pages digit by digit, and passes other images on as a whole.

    It belongs to one thread, and takes any engine, since a key may change the task.

    choice: one of CHOICES; "auto" reads images larger than three times the network's input on
        both sides, if the model is one for digits.
    follow: whether the images are those of one scene; digits are then tracked over frames, also
        from one engine to the next.
    Raises UsageError for "on" if the model cannot read digits.
    """

    def __init__(self, spec: ModelSpec, choice: str = "auto", *, follow: bool = False) -> None:
        if choice == "on" and not can_read(spec):
            raise UsageError(
                f"{spec.name} cannot read digits: it needs a classifier of the ten digits with "
                f"{SIDE}x{SIDE} gray pixels; leave out --read-digits or choose --model mnist"
            )
        self._choice = choice
        self._tracker = Tracker() if follow else None

    def reads(self, engine: Engine, image: Image) -> bool:
        """Return whether an image is read digit by digit."""
        if self._choice == "off" or not can_read(engine.spec):
            return False
        return self._choice == "on" or min(image.shape[:2]) > _MUCH_LARGER * SIDE

    def timed(self, engine: Engine, image: Image) -> Inference[Result]:
        """Run one image as `Engine.timed` does; prepare finds the digits, decode tracks them."""
        if not self.reads(engine, image):
            return engine.timed(image)
        clock = time.perf_counter
        start = clock()
        found = find_digits(image)
        prepare_ms = (clock() - start) * 1e3
        invoke_ms = decode_ms = 0.0
        scores: list[NDArray[np.float32]] = []
        # The three channels are the same memory, so a crop costs no copy.
        crops = [np.broadcast_to(thing.crop[..., None], (SIDE, SIDE, 3)) for thing in found]
        for one in engine.timed_all(crops) if crops else ():
            if isinstance(one.result, Classification):  # always: `can_read` has checked the task
                scores.append(one.result.scores)
            prepare_ms += one.prepare_ms
            invoke_ms += one.invoke_ms
            decode_ms += one.decode_ms
        start = clock()
        tracker = self._tracker or Tracker()
        readings = Readings(tracker.update(found, scores))
        return Inference(readings, prepare_ms, invoke_ms, decode_ms + (clock() - start) * 1e3)
