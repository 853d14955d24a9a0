"""From a concrete scenario to the world at tick 0: roads, ground, actors, scenery."""
