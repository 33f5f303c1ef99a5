"""Watching: where cases wait against usual, and a case played again."""
