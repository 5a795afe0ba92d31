"""Adapters of the ports in `runs.ports`: one module per backend."""
