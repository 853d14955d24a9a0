"""Floor 0: arrays and arithmetic; imports numpy and numba, nothing of ours."""
