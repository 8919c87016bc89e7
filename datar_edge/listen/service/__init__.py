"""What lets listening be left running: health over HTTP, the watchdog, signals."""
