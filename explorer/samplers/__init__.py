"""Loops over a model's graphs as generators of steps: watched, stopped and gone on with from any step."""
