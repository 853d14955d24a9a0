"""An episode: what is recorded of it, and how it is read, in memory or from a file."""
