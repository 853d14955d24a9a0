"""The camera: the luminance of every pixel, developed into a picture."""
