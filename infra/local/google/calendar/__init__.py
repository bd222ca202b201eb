"""The simulated Calendar, v3."""
