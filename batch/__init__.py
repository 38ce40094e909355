"""Many files at once: which they are, who works on them, what came of it as a whole."""
