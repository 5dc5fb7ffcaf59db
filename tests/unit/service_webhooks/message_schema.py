"""The schema of a message as the kept document of the API describes it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SPEC = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text("utf-8"))
FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(text: object) -> bool:
    from datetime import datetime

    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def message_schema(event_type: str) -> dict[str, Any]:
    [operation] = SPEC["webhooks"][event_type].values()
    return dict(operation["requestBody"]["content"]["application/json"]["schema"])


def faults(schema: dict[str, Any], body: str) -> list[str]:
    """Return what is wrong with a message by a schema of the document."""
    whole = schema | {"components": SPEC["components"]}
    validator = Draft202012Validator(whole, format_checker=FORMATS)
    return [each.message for each in validator.iter_errors(json.loads(body))]
