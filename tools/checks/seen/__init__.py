"""What is seen and labelled: against Embree and the readers of the formats."""
