"""Put the program under systemd, and take it out again."""
