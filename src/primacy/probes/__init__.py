"""Probes: pure functions from vectors and a design to per-trial scores. A probe never sees a model or a file."""
