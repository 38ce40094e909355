"""Analyses, transformations and lowerings of the IR."""
