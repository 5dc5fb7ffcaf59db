"""The schema of the API as a text to be kept: what `docs/openapi.json` holds."""

import json

from fastapi import FastAPI


def spec_text(api: FastAPI) -> str:
    """Return the OpenAPI document as JSON, the same for the same code."""
    return json.dumps(api.openapi(), indent=2, ensure_ascii=False) + "\n"
