"""Everything one model needs to answer: card, preprocessing, network and decoding."""
