"""Show a run in browsers, and hear their keys."""
