"""From scores to what is heard and when: segments of recordings, events of streams."""
