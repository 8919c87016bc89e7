"""Data sets: one reader a kind, and what training makes of their clips."""
