"""The road network as flat arrays, and what is looked up in it: lanes, places, heights, signals."""
