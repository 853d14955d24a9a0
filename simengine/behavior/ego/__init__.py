"""The driver under test: what it gets to know, and the built-in ones."""
