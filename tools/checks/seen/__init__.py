"""What is seen and labeled: against Embree and the readers of the formats."""
