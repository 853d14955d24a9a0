"""What can be seen: all surfaces as flat arrays of triangles, in clusters, and where they are at an instant."""
