"""Floor 4: the world, the step loop, episodes and running many."""
