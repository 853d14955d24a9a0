"""What the readers of road files share: untrusted XML, places on the Earth, remarks, recordings."""
