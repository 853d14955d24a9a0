"""What all sensors share: the interface, the mount, random numbers, exact arithmetic and threads."""
