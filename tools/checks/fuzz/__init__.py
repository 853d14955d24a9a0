"""Input that has been changed at random: every reader says in one line what is wrong with it, or takes it."""
