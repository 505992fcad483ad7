"""The commands of `edge-app`: one module each, as `edge_app.program.CommandModule` describes."""
