"""Requests go to the address that was looked at, and never into the own network unasked."""

import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.repository.records import Records
from service.webhooks.desk import EndpointRefusedError, WebhookDesk
from service.webhooks.events import EventType
from service.webhooks.sending import Attempt, Sender
from tests.clocks import Clock
from tests.integration.webhooks.deliveries import BY, PATIENCE, add, courier, found, happen, tasks
from tests.integration.webhooks.receiver import Receiver

NAME = "hooks.test"  # a name no resolver knows


class Names:
    """A resolver whose answers are given, one for each question."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        assert host == NAME
        return list(self.answers.pop(0))


def attempt(port: int, *, scheme: str = "http", allow_private: bool = True) -> Attempt:
    headers = {"webhook-id": "evt_1"}
    return Attempt(f"{scheme}://{NAME}:{port}/hooks", headers, "{}", allow_private)


def test_the_connection_goes_to_the_address_that_was_looked_at(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"])  # asked once: a second question would fail
    (outcome,) = Sender(PATIENCE, names)([attempt(receiver.port)])
    assert outcome.arrived
    assert receiver.got[0].headers["host"] == f"{NAME}:{receiver.port}"


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::ffff:127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["169.254.169.254"]],
)
def test_a_name_that_leads_into_the_own_network_is_refused(
    receiver: Receiver, addresses: list[str]
) -> None:
    asked = attempt(receiver.port, allow_private=False)
    (outcome,) = Sender(PATIENCE, Names(addresses))([asked])
    assert outcome.status is None
    assert "not public" in str(outcome.error)
    assert receiver.got == []


def test_a_name_that_was_private_once_is_looked_at_anew_each_time(receiver: Receiver) -> None:
    sender = Sender(PATIENCE, Names(["127.0.0.1"], ["127.0.0.1"]))
    asked = attempt(receiver.port)
    (arrived,) = sender([asked])
    (refused,) = sender([replace(asked, allow_private=False)])
    assert (arrived.arrived, refused.status) == (True, None)
    assert len(receiver.got) == 1


def test_of_several_addresses_the_first_that_listens_is_taken(receiver: Receiver) -> None:
    (outcome,) = Sender(PATIENCE, Names(["::1", "127.0.0.1"]))([attempt(receiver.port)])
    assert outcome.arrived


def test_a_name_without_an_address_and_an_answer_that_is_none_are_failures() -> None:
    sender = Sender(PATIENCE, Names([]))
    (outcome,) = sender([attempt(9)])
    assert (outcome.status, outcome.arrived) == (None, False)
    assert outcome.error


def test_tls_is_checked_by_name_though_the_connection_goes_to_an_address(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path, NAME)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    with Receiver(trust=serving) as receiver:
        asked = attempt(receiver.port, scheme="https")
        (arrived,) = Sender(PATIENCE, Names(["127.0.0.1"]), trust)([asked])
        (unknown,) = Sender(PATIENCE, Names(["127.0.0.1"]))([asked])
        (other,) = Sender(PATIENCE, trust=trust)(
            [replace(asked, url=receiver.url.replace("http", "https"))]
        )
    assert arrived.arrived
    assert "CERTIFICATE_VERIFY_FAILED" in str(unknown.error)
    assert "CERTIFICATE_VERIFY_FAILED" in str(other.error)
    assert len(receiver.got) == 1


def test_a_private_endpoint_needs_the_leave_of_whoever_runs_the_service(
    records: Records, desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    with pytest.raises(EndpointRefusedError, match="SHUKE_WEBHOOK_ALLOW_PRIVATE"):
        add(replace(desk, allow_private=False), receiver.url)
    with pytest.raises(EndpointRefusedError):
        desk.add(BY, receiver.url, [EventType.TASK_CREATED])
    add(desk, receiver.url)
    happen(records, clock, tasks(clock, 1))
    courier(desk, clock, allow_private=False).deliver()  # the leave was taken back
    assert receiver.got == []
    assert "not public" in str(found(desk)[0].last_error)


def _certificate(folder: Path, name: str) -> Path:
    """Write a certificate that is its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
