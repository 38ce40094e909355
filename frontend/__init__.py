"""CUDA text to IR: preprocessing, grammar, semantic analysis, lowering."""
