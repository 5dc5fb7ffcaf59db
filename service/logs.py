"""How a running service writes its log: one JSON object a line, on stderr."""

import sys

import orjson
import structlog


def configure_logs() -> None:
    """Set up the log of this process; called where one starts, never on import.

    Tracebacks come without the values of variables, which could hold keys and customers.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        logger_factory=lambda *_: structlog.BytesLogger(sys.stderr.buffer),
    )
