"""The ground as meshes: carriageways, paint, junctions and the land around."""
