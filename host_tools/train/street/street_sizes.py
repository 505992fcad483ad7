"""The sizes of the street network that can be trained."""

from dataclasses import dataclass
from typing import Any

from host_tools.train.street.street_network import (
    BLOCKS,
    FULL,
    INPUT_WH,
    Block,
    DecoderBlock,
    street_network,
)


@dataclass(frozen=True, slots=True)
class StreetSize:
    """Input and layers of a network."""

    size_wh: tuple[int, int] = INPUT_WH
    blocks: tuple[Block, ...] = BLOCKS
    decoder: DecoderBlock | None = None

    def build(self) -> Any:
        """Return the untrained network."""
        return street_network(self.size_wh, blocks=self.blocks, decoder=self.decoder)


# The large one has all of MobileNetV2, down to a thirty-second of the size, where its context
# costs little; nothing is pruned, so that it begins with all that the teacher knows.
SIZES = {
    "small": StreetSize(),
    "large": StreetSize(
        (768, 384), FULL, DecoderBlock(context=192, sixteenth=128, eighth=96, quarter=48)
    ),
}
