"""Claims runs and executes them, within bounds."""
