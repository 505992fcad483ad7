"""Made histories of trainings."""

from __future__ import annotations

from host_tools.train.history import History


def made_history(count: int) -> History:
    """Return so many epochs; every third is scored."""
    history = History({"seed": 0})
    for epoch in range(1, count + 1):
        scored = {"miou": 0.6 - 0.5 / epoch} if epoch % 3 == 0 else {}
        history = history.and_then(
            epoch=epoch, minutes=0.7 * epoch, loss=1 / epoch, rate=0.1**epoch, **scored
        )
    return history
