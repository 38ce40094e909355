"""Rewrites that keep the level of the IR."""
