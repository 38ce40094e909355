"""Printers: from lowered IR to source text."""
