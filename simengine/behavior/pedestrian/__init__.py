"""People on foot: along pavements, in company, and across the road."""
