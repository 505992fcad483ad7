"""The networks that ship with the app, and how they were trained."""
