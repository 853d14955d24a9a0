"""Floor 5: one file per dataset format."""
