"""Lanes as drivers know them: rules, routes, who stands where, and which ways long vehicles can take."""
