"""Contacts: with other bodies, scenery, curbs and the ground; how bodywork crushes."""
