"""The same ports on one machine: SQLite, files, a built-in scheduler."""
