"""Pictures and films of episodes for human eyes."""
