"""Where things are: angles, poses, boxes, meshes, and what hides what."""
