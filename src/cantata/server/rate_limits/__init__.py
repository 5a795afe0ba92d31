"""How much one client may ask for, hold open, and fail at."""
