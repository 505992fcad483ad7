"""The chart of a training of the street network."""

from edge_app.style import fraction, miou_text, percent
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
        "share",
        (
            HistoryLine("held_out_accuracy", "pixel accuracy", TRAINED, text=percent),
            HistoryLine("held_out_miou", "mIoU", HELD_OUT, text=fraction),
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
        title += f": {miou_text(last['held_out_miou'])} held out"
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
