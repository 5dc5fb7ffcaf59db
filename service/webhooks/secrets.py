"""The secrets that sign webhooks: sealed at rest, opened for the moment they sign."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.privacy.data_keys import DataKey, KeyRing, missing
from service.repository.endpoints import Endpoint
from service.repository.records import Work

_PREFIX = "whsec_"
_BYTES = 32
_BETWEEN = "."


def new_secret() -> str:
    """Return a new secret, as receivers write it into their settings."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sealed(key: DataKey, secret: str, endpoint_id: str) -> str:
    """Return a secret as it is stored: the name of its key, and the sealed secret."""
    content = base64.urlsafe_b64encode(key.seal(secret, _place(endpoint_id))).decode()
    return f"{key.key_id}{_BETWEEN}{content}"


@dataclass(frozen=True, slots=True)
class SecretBox:
    """Seals and opens the secrets of endpoints."""

    ring: KeyRing

    def seal(self, work: Work, secret: str, endpoint_id: str) -> str:
        """Return a new secret sealed, to be stored in this very transaction."""
        work.take_sealing_turn()
        return sealed(self.ring.all()[0], secret, endpoint_id)

    def signing(self, endpoint: Endpoint, at: datetime) -> list[str]:
        """Return the secrets that sign at a moment: the old one too while a rotation lasts."""
        stored, keys = [endpoint.sealed], _by_name(self.ring.all())
        if endpoint.old_sealed and endpoint.old_until and at < endpoint.old_until:
            stored.append(endpoint.old_sealed)
        return [_opened(each, endpoint.endpoint_id, keys) for each in stored]

    def reseal(self, work: Work, keys: Sequence[DataKey]) -> int:
        """Seal the secrets that are not under the first key with it; return of how many."""
        known, changed = _by_name(keys), 0
        for endpoint in work.endpoints.all():
            if _key_ids(endpoint) != {keys[0].key_id}:
                work.endpoints.reseal(_under(keys[0], endpoint, known))
                changed += 1
        return changed

    def keys_used(self, work: Work) -> set[str]:
        """Return the names of all keys some secret is sealed with."""
        return set().union(*(_key_ids(each) for each in work.endpoints.all()))


def _under(key: DataKey, endpoint: Endpoint, known: Mapping[str, DataKey]) -> Endpoint:
    def again(stored: str) -> str:
        return sealed(key, _opened(stored, endpoint.endpoint_id, known), endpoint.endpoint_id)

    old = endpoint.old_sealed
    return replace(endpoint, sealed=again(endpoint.sealed), old_sealed=again(old) if old else None)


def _key_ids(endpoint: Endpoint) -> set[str]:
    stored = (endpoint.sealed, endpoint.old_sealed)
    return {each.partition(_BETWEEN)[0] for each in stored if each is not None}


def _opened(stored: str, endpoint_id: str, keys: Mapping[str, DataKey]) -> str:
    key_id, _, content = stored.partition(_BETWEEN)
    if key_id not in keys:
        raise missing(key_id)
    return keys[key_id].open(base64.urlsafe_b64decode(content), _place(endpoint_id))


def _by_name(keys: Sequence[DataKey]) -> dict[str, DataKey]:
    return {key.key_id: key for key in keys}


def _place(endpoint_id: str) -> str:
    return json.dumps(["webhook", endpoint_id])
