"""Building, running and proving generated code."""
