"""The whole system on one machine: its wiring, `serve`, `demo` and `status`. Not deployed."""
