"""Light: sun, sky and lamps, the surfaces that they fall on, and the air that they shine through."""
