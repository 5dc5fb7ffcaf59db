"""Requests nobody means well, as raw bytes: seeded, so that a run can be repeated."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

SPEC = Path(__file__).parents[2] / "docs" / "openapi.json"
NUMBERS = (
    *(0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**400, 1e308, -1e308, 1e-320),
    *(float("nan"), float("inf"), -0.0, True, None),
)
TEXTS = (
    *("", " ", "\x00", "\ud800", "\u202e\u0000", "ﷺ" * 40, "e\u0301" * 50, "\U0001f469\u200d" * 30),
    *("'; DROP TABLE leads; --", '" OR 1=1 --', "1) UNION SELECT * FROM api_keys", "${jndi:ldap}"),
    *("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "{{7*7}}", "<script>", "\r\nX: y"),
    *("a" * 127, "a" * 129, "a" * 100_000, "NaN", "null", "[]", "0x10", "١٢٣", "-" * 5_000),
)
FILTERS = (
    *(
        "risk > 0.5 OR 1=1",
        "risk > ",
        "(" * 300,
        "risk = risk",
        "1=1; DELETE FROM tasks",
        "NOT " * 99,
    ),
    *("exists(select 1)", "risk in (" + "1," * 3_000 + "1)", "store_id = '" + "x" * 9_000, "\x00"),
    *("risk > 1e999", "risk between 1 and", "pg_sleep(9) > 0", "load_extension('x')", "case when"),
)
PATHS = (
    *("/v1/../../etc/passwd", "/v1/%2e%2e/%2e%2e", "//v1//tasks", "/v1/customers/%00/scores"),
    *("/v1/scores/" + "a" * 8_000, "/v1/scores/churn_60d/%ff%fe", "/v1/jobs/..%2f..%2fscores"),
    *("/v1/tasks;x=y", "/v1/tasks?%00=1", "*", "http://elsewhere/v1/tasks", "/v1/tasks#part", "/"),
    *(
        "/v1/scores/%F0%28%8C%28/x",
        "/metrics/../v1/me",
        "/docs/../../",
        "/v1/tasks?" + "a=1&" * 900,
    ),
)
TYPES = (
    *("text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json;" * 90),
    *("application/x-www-form-urlencoded", "", "\x80", "application/json; charset=utf-32"),
)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW", "get")


@dataclass(frozen=True)
class Operation:
    """One operation of the schema: how it is called and an example of its body."""

    method: str
    path: str
    queries: tuple[str, ...]
    body: object


def operations() -> list[Operation]:
    """Return every operation of `docs/openapi.json`."""
    spec = json.loads(SPEC.read_text("utf-8"))
    models = spec["components"]["schemas"]
    found = []
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            schema = (
                operation.get("requestBody", {})
                .get("content", {})
                .get("application/json", {})
                .get("schema", {})
            )
            named = models.get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
            asked = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
            found.append(Operation(method.upper(), path, tuple(asked), named.get("example")))
    return found


class Hostile(NamedTuple):
    """Bytes to send; `whole` says whether a server can know that nothing more comes."""

    sent: bytes
    whole: bool


def requests(count: int, key: str, seed: int = 0) -> Iterator[Hostile]:
    """Yield so many hostile requests; most carry a key that holds."""
    rng, every = random.Random(seed), operations()
    kinds: list[Callable[[random.Random, list[Operation], str], bytes]] = [
        *(_mutated,) * 6,
        *(_queried,) * 3,
        *(_nested, _typed, _numbered, _pathed, _headed, _framed, _noise),
    ]
    for _ in range(count):
        kind = rng.choice(kinds)
        yield Hostile(kind(rng, every, key), kind not in (_framed, _noise))


def _mutated(rng: random.Random, every: list[Operation], key: str) -> bytes:
    """Return an example of the schema with something in it exchanged, taken away or doubled."""
    one = rng.choice([each for each in every if each.body is not None])
    body = json.loads(json.dumps(one.body))
    for _ in range(rng.randint(1, 4)):
        body = _spoilt(rng, body)
    return _request(one.method, _filled(rng, one.path), key, _dumped(body))


def _spoilt(rng: random.Random, value: object) -> object:
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(sorted(value))
        match rng.randrange(4):
            case 0:
                return {each: told for each, told in value.items() if each != name}
            case 1:
                return {**value, rng.choice(TEXTS)[:200]: _anything(rng)}
            case _:
                return {**value, name: _spoilt(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.7:
        if rng.random() < 0.2:
            return value * rng.choice((0, 2, 600))
        at = rng.randrange(len(value))
        return [*value[:at], _spoilt(rng, value[at]), *value[at + 1 :]]
    return _anything(rng)


def _anything(rng: random.Random) -> object:
    return rng.choice((rng.choice(NUMBERS), rng.choice(TEXTS), [], {}, [[]], {"": None}))


def _queried(rng: random.Random, every: list[Operation], key: str) -> bytes:
    one = rng.choice([each for each in every if each.queries])
    told = []
    for name in rng.sample(one.queries, rng.randint(1, len(one.queries))):
        some = FILTERS if name in ("filter", "sort", "cursor") else (*TEXTS, *map(str, NUMBERS))
        text = str(rng.choice(some))[:6_000]
        told += [f"{name}={quote(text, errors='surrogatepass')}"] * rng.choice((1, 1, 1, 3))
    return _request(one.method, f"{_filled(rng, one.path)}?{'&'.join(told)}", key)


def _nested(rng: random.Random, every: list[Operation], key: str) -> bytes:
    one = rng.choice([each for each in every if each.body is not None])
    depth = rng.choice((50, 500, 5_000, 100_000))
    text = rng.choice(('{"a":' * depth + "1" + "}" * depth, "[" * depth, '{"ids":' + "[" * depth))
    return _request(one.method, _filled(rng, one.path), key, text.encode())


def _typed(rng: random.Random, every: list[Operation], key: str) -> bytes:
    one = rng.choice([each for each in every if each.body is not None])
    body = rng.choice((_dumped(one.body), b"\xff\xfe{\x00}", b"a=1&b=2", b"", rng.randbytes(300)))
    return _request(one.method, _filled(rng, one.path), key, body, rng.choice(TYPES))


def _numbered(rng: random.Random, every: list[Operation], key: str) -> bytes:
    features = {"recency_days": rng.choice(NUMBERS), "orders_90d": rng.choice(NUMBERS)}
    path, body = rng.choice(
        (
            ("/v1/scores/churn_60d/features", {"customers": [{"features": features}]}),
            ("/v1/what-if/churn_60d", {"customer_id": "C00001", "changes": features}),
            ("/v1/scores/churn_60d", {"ids": ["C00001"], "top_k": rng.choice(NUMBERS)}),
            ("/v1/events", {"events": [{"type": "order", "amount": rng.choice(NUMBERS)}]}),
        )
    )
    return _request("POST", path, key, _dumped(body))


def _pathed(rng: random.Random, every: list[Operation], key: str) -> bytes:
    return _request(rng.choice(METHODS), rng.choice(PATHS), key)


def _headed(rng: random.Random, every: list[Operation], key: str) -> bytes:
    """Return a request whose headers come twice, are long, or are not text."""
    one = rng.choice(every)
    strange = rng.choice(
        (
            f"X-API-Key: {key}\r\nX-API-Key: other\r\nAuthorization: Bearer x",
            "Host: elsewhere\r\nHost: 127.0.0.1",
            "Idempotency-Key: " + rng.choice(("", "a" * 300, "\x01", "two words", "ü")),
            "Cookie: shuke_session=" + "a" * rng.choice((0, 40, 5_000)),
            "X-Request-Id: " + "\x7f" * 70,
            "Accept: " + rng.choice(("text/csv", "*/*;q=x", "a" * 3_000, "")),
            "Accept-Language: " + "zh," * 900,
            "traceparent: 00-" + "f" * 32 + "-x-01",
            'Range: bytes=0-,5-\r\nIf-Match: "x"',
        )
    )
    return _request(one.method, _filled(rng, one.path), key, _dumped(one.body), more=strange)


def _framed(rng: random.Random, every: list[Operation], key: str) -> bytes:
    """Return a request that lies about where it ends."""
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nConnection: close\r\n"
    rest = rng.choice(
        (
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
            "Content-Length: 99999999999999999999\r\n\r\n{}",
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
            "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "Transfer-Encoding: gzip\r\n\r\n{}",
            "Content-Length: 1\r\n\r\n",
            "Bad Header\r\n\r\n",
            "\r\n\r\n",
        )
    )
    return (head + rest).encode()


def _noise(rng: random.Random, every: list[Operation], key: str) -> bytes:
    return rng.choice(
        (
            rng.randbytes(rng.randint(1, 2_000)),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(500),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
            b"\r\n" * 500,
        )
    )


def _filled(rng: random.Random, path: str) -> str:
    told = (rng.choice(("C00001", "churn_60d", rng.choice(TEXTS)[:300])) for _ in range(9))
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + quote(next(told), safe="", errors="surrogatepass") + path[end + 1 :]
    return path


def _dumped(value: object) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _request(
    method: str,
    target: str,
    key: str,
    body: bytes = b"",
    kind: str = "application/json",
    more: str = "",
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"X-API-Key: {key}"] * ("X-API-Key" not in more) + [more] * bool(more)
    lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"] * bool(body)
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass") + body
