"""Floor 1: parametric meshes of actors and scenery."""
