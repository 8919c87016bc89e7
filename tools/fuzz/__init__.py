"""Damaged files, opened as the program opens them: no crash, no hang, no error but our own."""
