"""Training by Lightning, and its metrics."""
