"""From the model to sampled lanes and the links between them."""
