"""A folder of episodes and its index."""
