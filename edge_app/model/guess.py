"""One fact of a file without a card that was inferred, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

# How sure a guess is: stated by the file or its only reading; supported by something that may
# mislead; merely usual; contradicted by what was tried.
CERTAIN, LIKELY, ASSUMED, DOUBTFUL = "certain", "likely", "assumed", "doubtful"


@dataclass(frozen=True, slots=True)
class Guess:
    """What was inferred, from what, and how sure.

    topic, value: "labels", "cityscapes (19 classes)". origin: "by their number".
    sureness: CERTAIN, LIKELY, ASSUMED or DOUBTFUL. option: the one that decides otherwise.
    other: another reading that is possible, as it would be given; "" if there is none.
    """

    topic: str
    value: str
    origin: str
    sureness: str = CERTAIN
    option: str = ""
    other: str = ""

    def __str__(self) -> str:
        """Return it in a few words, for one line with all guesses."""
        return f"{self.topic} {self.value}"

    @property
    def is_open(self) -> bool:
        """Whether a user should look at it: another reading is possible, or it is doubtful."""
        return bool(self.other) or self.sureness == DOUBTFUL
