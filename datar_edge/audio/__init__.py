"""Sound files and windows of samples, in numpy; nothing here knows of models."""
