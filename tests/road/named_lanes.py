"""Parts of a network by the names of its lanes."""

import numpy as np


def lane(network, name):
    """Return the row of a lane."""
    return int(np.flatnonzero(network.lane_name == name)[0])


def points(network, name):
    """Return the points of a lane's center line [m]. Shape (num_points, 3)."""
    i = lane(network, name)
    return network.point_position[network.lane_first_point[i] : network.lane_first_point[i + 1]]


def successors(network, name):
    """Return the names of the lanes that a lane leads to."""
    i = lane(network, name)
    after = network.successor[network.successor_first[i] : network.successor_first[i + 1]]
    return set(network.lane_name[after].tolist())
