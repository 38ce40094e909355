"""The original source on the CPU: rewriting, headers, building."""
