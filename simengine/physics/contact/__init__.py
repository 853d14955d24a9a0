"""Contacts: with other bodies, scenery, kerbs and the ground; how bodywork crushes."""
