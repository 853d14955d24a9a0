"""The loop of one episode, and everybody who decides or judges in it."""
