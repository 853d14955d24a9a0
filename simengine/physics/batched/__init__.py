"""Many worlds at once in kernels of our own."""
