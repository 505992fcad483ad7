"""The run: frames from a source through an engine to the sinks, and keys in between."""
