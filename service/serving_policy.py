"""What one connection may take of the server, in bytes and in time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServingPolicy:
    """Limits of a connection and of a request.

    Attributes
    ----------
    head_bytes, head_seconds
        The request line and headers together, and how long they may take to come.
    body_pause, body_seconds
        The longest silence within a body, and how long all of it may take.
    answer_seconds
        How long an answer may take to begin, from the head of the request on; longer than the
        largest call takes. What was begun goes on, so that a write is repeated under its
        idempotency key alone.
    linger_seconds
        How long a client may go on sending what was answered already.
    keep_alive_seconds
        How long a connection may be idle between requests; longer than the 5 seconds after which
        common clients leave one by themselves, as a request may cross with the closing of it.
    connections
        Connections at once; another one is answered 503.
    threads
        Requests worked on at once in a process; others wait in line. Python runs one of them at a
        time, and the more there are, the longer they take over whose turn it is.
    """

    head_bytes: int = 32_768
    head_seconds: float = 10.0
    body_pause: float = 10.0
    body_seconds: float = 60.0
    answer_seconds: float = 120.0
    linger_seconds: float = 5.0
    keep_alive_seconds: int = 30
    connections: int = 1_000
    threads: int = 8


POLICY = ServingPolicy()
