"""The program as a systemd service: its files, and its status."""
