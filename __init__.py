"""Translate CUDA operators to Ascend C and plain C, and prove that the numbers agree."""
