"""API keys at rest."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_record, as_row
from service.repository.rows import ApiKey
from service.repository.schema import ApiKeyRow


class Keys:
    """The stored API keys."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.changed = False  # for whoever remembers keys

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        lists = {"scopes": sorted(key.scopes), "store_ids": sorted(key.store_ids)}
        self.changed = True
        self._session.add(ApiKeyRow(**as_row(key) | lists))
        self._session.flush()

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key, also an expired or revoked one."""
        row = self._session.get(ApiKeyRow, key_id)
        return None if row is None else _key(row)

    def all(self) -> list[ApiKey]:
        """Return every key, oldest first."""
        query = select(ApiKeyRow).order_by(ApiKeyRow.created_at, ApiKeyRow.key_id)
        return [_key(row) for row in self._session.scalars(query)]

    def revoke(self, key_id: str, at: datetime) -> bool:
        """End a key at a moment; False if there is no such key or it was revoked before."""
        self.changed = True
        result = self._session.execute(
            update(ApiKeyRow)
            .where(ApiKeyRow.key_id == key_id, ApiKeyRow.revoked_at.is_(None))
            .values(revoked_at=at)
            .returning(ApiKeyRow.key_id)
        )
        return result.first() is not None

    def end(self, key_id: str, at: datetime) -> None:
        """Let a key expire at a moment, unless it does so earlier."""
        self.changed = True
        later = or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > at)
        ending = update(ApiKeyRow).where(ApiKeyRow.key_id == key_id, later)
        self._session.execute(ending.values(expires_at=at))

    def note_use(self, key_id: str, at: datetime, since: datetime) -> None:
        """Note that a key was used, unless a use after `since` is noted."""
        due = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= since)
        used = update(ApiKeyRow).where(ApiKeyRow.key_id == key_id, due)
        self._session.execute(used.values(last_used_at=at))


def _key(row: ApiKeyRow) -> ApiKey:
    key = as_record(row, ApiKey)
    return replace(key, scopes=frozenset(row.scopes), store_ids=frozenset(row.store_ids))
