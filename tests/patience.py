"""How long a test waits for what must come; no promise of speed, it only keeps one from hanging."""

PATIENCE_S = 60.0
