"""One vehicle: how its driver follows, steers, brakes and stops."""
