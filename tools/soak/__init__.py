"""Listening for long, losing devices, falling behind: what `make soak` measures."""
