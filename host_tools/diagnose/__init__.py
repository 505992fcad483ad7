"""Say where int8 loses against float32, layer by layer."""
