"""`.tflite` files, by litert-torch."""
