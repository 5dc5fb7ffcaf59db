"""The desk: who is sent webhooks, and what became of each; for the API and the command line."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from features.errors import InputError
from service.audit import Action, AuditTrail, Occasion
from service.errors import NotFoundError
from service.repository.endpoints import Endpoint
from service.repository.outbox import Delivery, Wanted
from service.repository.records import Records, Work
from service.webhooks.addresses import is_public
from service.webhooks.events import EventType
from service.webhooks.policy import POLICY, SendingPolicy
from service.webhooks.secrets import SecretBox, new_secret

_ID_BYTES = 8


class EndpointRefusedError(InputError):
    """A URL webhooks may not be sent to."""

    code = "webhook-url-refused"


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint with the secret just made for it, which is shown once."""

    endpoint: Endpoint
    secret: str = field(repr=False)


@dataclass(frozen=True)
class WebhookDesk:
    """Manages endpoints and their deliveries; each change is told to the audit log with it.

    Attributes
    ----------
    allow_private
        Whether an endpoint may lie within the own network.
    """

    records: Records
    clock: Callable[[], datetime]
    box: SecretBox
    audit: AuditTrail
    allow_private: bool
    policy: SendingPolicy = POLICY

    def add(
        self,
        by: Occasion,
        url: str,
        events: Sequence[EventType],
        *,
        description: str = "",
        allow_private: bool = False,
    ) -> WithSecret:
        """Add an endpoint and return it with its secret; it is sent what happens from now on.

        Raises
        ------
        EndpointRefusedError
            The URL is malformed, without TLS, or leads into the own network and may not.
        """
        if allow_private and not self.allow_private:
            raise EndpointRefusedError(
                "Endpoints within the own network are not allowed here",
                where=url,
                todo="Whoever runs the service may set SHUKE_WEBHOOK_ALLOW_PRIVATE=true.",
            )
        require_url(url, allow_private=allow_private)
        endpoint_id, secret = f"whk_{secrets.token_hex(_ID_BYTES)}", new_secret()
        with self.records.transaction() as work:
            endpoint = Endpoint(
                endpoint_id=endpoint_id,
                url=url,
                events=sorted({event.value for event in events}),
                description=description,
                sealed=self.box.seal(work, secret, endpoint_id),
                created_at=self.clock(),
                allow_private=allow_private,
            )
            work.endpoints.add(endpoint)
            self._told(work, by, endpoint, events=endpoint.events, allow_private=allow_private)
        return WithSecret(endpoint, secret)

    def all(self) -> list[Endpoint]:
        """Return every endpoint, oldest first."""
        with self.records.transaction(read_only=True) as work:
            return work.endpoints.all()

    def rotate(self, by: Occasion, endpoint_id: str) -> WithSecret:
        """Make a new secret; the old one signs beside it for a while."""
        until, secret = self.clock() + self.policy.grace, new_secret()
        with self.records.transaction() as work:
            _known(work, endpoint_id)
            work.endpoints.rotate(endpoint_id, self.box.seal(work, secret, endpoint_id), until)
            endpoint = _known(work, endpoint_id)
            self._told(work, by, endpoint)
        return WithSecret(endpoint, secret)

    def enable(self, by: Occasion, endpoint_id: str, *, enabled: bool) -> Endpoint:
        """Let an endpoint be sent events, or not; one that is not misses what happens."""
        with self.records.transaction() as work:
            endpoint = _known(work, endpoint_id)
            work.endpoints.enable(endpoint_id, enabled=enabled)
            self._told(work, by, endpoint, enabled=enabled)
        return replace(endpoint, enabled=enabled)

    def remove(self, by: Occasion, endpoint_id: str) -> None:
        """Remove an endpoint and all its deliveries."""
        with self.records.transaction() as work:
            endpoint = _known(work, endpoint_id)
            work.endpoints.remove(endpoint_id)
            self._told(work, by, endpoint)

    def deliveries(
        self, wanted: Wanted, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Delivery]:
        """Return deliveries, the newest first, after a (created_at, delivery_id)."""
        with self.records.transaction(read_only=True) as work:
            return work.outbox.page(wanted, limit=limit, after=after)

    def replay(self, by: Occasion, which: Sequence[str] | Wanted) -> int:
        """Let deliveries that have ended, dead or arrived, be tried anew; return how many.

        Where that is none, nothing was changed, and no line is left.
        """
        to = which.endpoint_id if isinstance(which, Wanted) else None
        with self.records.transaction() as work:
            again = work.outbox.replay(self.clock(), which)
            if again:
                subject, details = to and _subject(to), {"count": again}
                self.audit.within(work, by, Action.WEBHOOK_CHANGE, subject=subject, details=details)
        return again

    def _told(self, work: Work, by: Occasion, endpoint: Endpoint, **more: object) -> None:
        """Tell of a change to an endpoint; of its URL only the host, as the rest may be secret."""
        details = {"host": urlsplit(endpoint.url).hostname, **more}
        subject = _subject(endpoint.endpoint_id)
        self.audit.within(work, by, Action.WEBHOOK_CHANGE, subject=subject, details=details)


def require_url(url: str, *, allow_private: bool) -> None:
    """Refuse what cannot be a receiver; names are looked at anew at each delivery."""
    try:
        parts = urlsplit(url)
        host, schemes = parts.hostname or "", ("https", "http") if allow_private else ("https",)
        fits = parts.scheme in schemes and bool(host) and parts.port != 0
    except ValueError:
        fits, host, parts = False, "", urlsplit("")
    if not fits or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refused("This is no URL to send to", url)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("The URL holds a user, a password or a fragment", url)
    if not allow_private and _is_address(host) and not is_public(host):
        raise _refused("The address is not public", url)


def _subject(endpoint_id: str) -> str:
    # In clear, as keys and users are: the id is ours and says nothing of a person.
    return f"webhook:{endpoint_id}"


def _refused(what: str, url: str) -> EndpointRefusedError:
    todo = "Give https://name/path of the public internet; internationalised names as xn--."
    return EndpointRefusedError(what, where=url, todo=todo)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _known(work: Work, endpoint_id: str) -> Endpoint:
    endpoint = work.endpoints.get(endpoint_id)
    if endpoint is None:
        raise NotFoundError(
            "There is no such webhook endpoint",
            where=endpoint_id,
            todo="`shuke webhooks list` shows them.",
        )
    return endpoint
