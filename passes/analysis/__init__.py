"""Facts about a function that passes and printers read."""
