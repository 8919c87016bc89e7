"""Live sound: sources, the stream of windows and scores, events."""
