"""API keys at rest."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_row
from service.repository.rows import ApiKey
from service.repository.schema import ApiKeyRow


class Keys:
    """The stored API keys."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        self._session.add(ApiKeyRow(**as_row(key) | {"scopes": sorted(key.scopes)}))
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
        result = self._session.execute(
            update(ApiKeyRow)
            .where(ApiKeyRow.key_id == key_id, ApiKeyRow.revoked_at.is_(None))
            .values(revoked_at=at)
            .returning(ApiKeyRow.key_id)
        )
        return result.first() is not None


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        hash=row.hash,
        scopes=frozenset(row.scopes),
        name=row.name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
