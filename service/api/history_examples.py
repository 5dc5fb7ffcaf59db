"""Examples of a history: what a service on Complete Journey answered, shortened."""

from pydantic.config import JsonDict

HISTORY_PAGE: JsonDict = {}
