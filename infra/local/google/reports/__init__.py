"""The simulated Reports, reports_v1: activities."""
