"""One world of rigid bodies in PyBullet."""
