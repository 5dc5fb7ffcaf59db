"""Sending: the only place that calls out. To an address it has looked at, and nowhere else."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import httpx

from service.webhooks.addresses import is_public

Resolve = Callable[[str, int], Awaitable[list[str]]]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to make.

    Attributes
    ----------
    allow_private
        Whether it may go into the own network.
    """

    url: str
    headers: Mapping[str, str]
    body: str
    allow_private: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back; without `status` nobody answered, and `error` says why."""

    status: int | None
    error: str | None = None

    @property
    def arrived(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


class RefusedAddressError(Exception):
    """The name leads into the own network."""


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system's resolver orders them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


class Sender:
    """Makes requests, many at a time.

    A name is resolved for each attempt, all its addresses must be allowed, and the connection goes
    to one of those: a name that changes its mind in between changes nothing. Redirects are not
    followed, proxies of the environment not used, answers not read beyond the status.

    Parameters
    ----------
    timeout
        The whole of one attempt.
    trust
        Whom TLS trusts; None takes the usual authorities, or those of ``SSL_CERT_FILE``.
    """

    def __init__(
        self,
        timeout: timedelta,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._seconds = timeout.total_seconds()
        self._resolve = resolve
        self._given = trust

    def __call__(self, attempts: Sequence[Attempt]) -> list[Outcome]:
        """Make all attempts at once; return what came of each, in order."""
        return asyncio.run(self._all(attempts))

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._given or httpx.create_ssl_context()

    async def _all(self, attempts: Sequence[Attempt]) -> list[Outcome]:
        async with httpx.AsyncClient(
            verify=self._trust, trust_env=False, timeout=self._seconds
        ) as client:
            return await asyncio.gather(*(self._one(client, each) for each in attempts))

    async def _one(self, client: httpx.AsyncClient, attempt: Attempt) -> Outcome:
        try:
            # The client's own time-outs begin anew with every byte; this one does not.
            async with asyncio.timeout(self._seconds):
                return await self._tried(client, attempt)
        except TimeoutError:
            return Outcome(None, f"no answer within {self._seconds:g} seconds")
        except RefusedAddressError as error:
            return Outcome(None, str(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Outcome(None, f"{type(error).__name__}: {error}"[:200])

    async def _tried(self, client: httpx.AsyncClient, attempt: Attempt) -> Outcome:
        url = httpx.URL(attempt.url)
        host = url.raw_host.decode("ascii")
        addresses = await self._allowed(host, url.port or _PORTS[url.scheme], attempt)
        failure: httpx.ConnectError | None = None
        for address in addresses:
            try:
                return await self._to(client, attempt, url, host, address)
            except httpx.ConnectError as error:
                failure = error
        raise failure or OSError("the name has no address")

    async def _allowed(self, host: str, port: int, attempt: Attempt) -> list[str]:
        addresses = await self._resolve(host, port)
        if not attempt.allow_private and not all(map(is_public, addresses)):
            raise RefusedAddressError("refused: the name leads to an address that is not public")
        return addresses

    async def _to(
        self, client: httpx.AsyncClient, attempt: Attempt, url: httpx.URL, host: str, address: str
    ) -> Outcome:
        headers = {
            **attempt.headers,
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": "Shuke",
        }
        # TLS still asks for and checks the name, though the connection goes to the address.
        names = {"sni_hostname": host}
        async with client.stream(
            "POST",
            url.copy_with(host=address),
            headers=headers,
            content=attempt.body.encode(),
            extensions=names,
        ) as response:
            status = response.status_code
            return Outcome(status, None if response.is_success else f"answered {status}")
