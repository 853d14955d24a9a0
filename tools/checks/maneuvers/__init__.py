"""Vehicle dynamics of both physics against published models, driven by the same inputs."""
