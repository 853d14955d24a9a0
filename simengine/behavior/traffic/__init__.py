"""Traffic as a whole: all drivers in order, who comes in, who leaves, who is taken out."""
