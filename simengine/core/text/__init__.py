"""Words in and out: command lines, files, names, and text that is safe to show."""
