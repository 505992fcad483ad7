"""The chart of a training of the street network."""

from host_tools.charts.history_chart import (
    HELD_OUT,
    RATE,
    TRAINED,
    HistoryLine,
    HistoryPanel,
    history_chart,
)
from host_tools.train.history import History

_PANELS = (
    HistoryPanel(
        "Loss",
        "weighted cross-entropy, nats",
        (HistoryLine("loss", "while training", TRAINED),),
        log=True,
    ),
    HistoryPanel(
        "Held out",
        "per cent",
        (
            HistoryLine("held_out_accuracy", "pixel accuracy", TRAINED, 2, 100),
            HistoryLine("held_out_miou", "mIoU", HELD_OUT, 2, 100),
        ),
    ),
    HistoryPanel(
        "Rate",
        "of the decoder",
        (HistoryLine("learning_rate", "learning rate", RATE, 6),),
        log=True,
    ),
)


def street_chart(history: History) -> bytes:
    """Return the chart of a street training as PNG."""
    settings, last = history.settings, history.records[-1]
    title = "Street network"
    if "held_out_miou" in last:
        title += f": mIoU {last['held_out_miou']:.3f} held out"
    return history_chart(
        history,
        _PANELS,
        title=title,
        note=(
            f"AdamW, rate {settings['rate']:g} at its highest, {settings['encoder_rate']:g} of it "
            f"for the encoder; batches of {settings['batch']}; {last['steps']:,.0f} steps. "
            "Held out: with the running mean of the weights."
        ),
        over="minutes",
        axis="training, minutes",
    )
