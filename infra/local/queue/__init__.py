"""The parts of the SQLite queue: its file, lines, claims, subscriptions and dead letters."""
