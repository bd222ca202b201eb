"""A simulated Google: a server of its own that knows nothing of Watchkeeper."""
