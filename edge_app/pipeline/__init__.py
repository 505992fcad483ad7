"""Put the stages in order; threads and queues live only here."""
