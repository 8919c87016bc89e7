"""Tagging of many files: which, by how many processes, and going on where a run was ended."""
