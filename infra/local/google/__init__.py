"""The simulated Google: a server of its own that answers as Google's APIs do, faults included."""

from infra.local.google.server import SimulatedGoogle, run, serve_google

__all__ = ["SimulatedGoogle", "run", "serve_google"]
