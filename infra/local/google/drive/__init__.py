"""The simulated Drive, v3."""
