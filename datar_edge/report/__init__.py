"""Measures models: accuracy now; parity, benchmarks and pictures as they are added."""
