"""Errors of the Spark engine."""

from features.errors import StateError


class SparkMissingError(StateError):
    """Spark is not installed or does not start."""

    code = "spark-missing"
