"""The chart of a training of the digit network."""

from host_tools.charts.history_chart import (
    HELD_OUT,
    TRAINED,
    HistoryLine,
    HistoryPanel,
    history_chart,
)
from host_tools.train.history import History

_PANELS = (
    HistoryPanel(
        "Loss", "cross-entropy, nats", (HistoryLine("loss", "while training", TRAINED, 4),)
    ),
    HistoryPanel(
        "Accuracy",
        "right answers, %",
        (
            HistoryLine("accuracy", "while training", TRAINED, 2, 100),
            HistoryLine("held_out_accuracy", "held out", HELD_OUT, 2, 100),
        ),
    ),
)


def digit_chart(history: History) -> bytes:
    """Return the chart of a digit training as PNG."""
    held = [record["held_out_accuracy"] for record in history.records]
    settings = history.settings
    return history_chart(
        history,
        _PANELS,
        title=f"MNIST digits: {100 * held[-1]:.2f} % held out",
        note=(
            f"Adam at {settings['rate']:g}"
            f"{' falling along a cosine' if settings['cosine'] else ''}, "
            f"batches of {settings['batch']}, seed {settings['seed']}. "
            "While training: mean over the epoch."
        ),
    )
