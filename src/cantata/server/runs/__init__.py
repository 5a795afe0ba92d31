"""The core: what a run is and how it is executed. Knows no web framework and no driver."""
