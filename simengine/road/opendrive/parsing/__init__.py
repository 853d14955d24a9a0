"""From XML to the checked model of a file, and what is tolerated on the way."""
