"""Roads made by procedure: a street, a four-way intersection, a warehouse."""
