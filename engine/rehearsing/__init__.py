"""Trying before it counts: rehearsals by hand and stories played by workers, each in a database of its own."""
