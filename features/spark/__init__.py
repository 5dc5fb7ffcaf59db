"""Spark as the engine of the same feature expressions."""
