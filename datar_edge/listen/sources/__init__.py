"""Where sound comes from: a microphone, a file, standard input."""
