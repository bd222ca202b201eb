"""The simulated Gmail, v1."""
