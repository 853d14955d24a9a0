"""The launchers and the measuring commands of the repository."""
