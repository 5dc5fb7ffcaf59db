from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from service.crm.permissions import AccessPolicy, Role
from service.keys import (
    KeyRejectedError,
    NewKey,
    Scope,
    ScopeMissingError,
    Verifier,
    create,
    is_noted,
    successor,
)
from service.repository.rows import ApiKey
from service.viewers import of_key, require

NOW = datetime(2018, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> NewKey:
    return create("till of store 318", [Scope.SCORES_READ], NOW, NOW + timedelta(days=30))


def verify(clear: str, record: ApiKey | None, now: datetime = NOW) -> ApiKey:
    return Verifier().verify(clear, lambda _: record, now)


def test_a_key_is_recognised_by_its_id_and_secret(made: NewKey) -> None:
    stored = {made.record.key_id: made.record}
    assert Verifier().verify(made.clear, stored.get, NOW) == made.record


def test_the_secret_is_neither_stored_nor_shown(made: NewKey) -> None:
    secret = made.clear.split("_", 2)[2]
    assert secret not in repr(made)
    assert made.record.hash.startswith("$argon2id$")


def test_two_keys_never_share_an_id_or_a_secret(made: NewKey) -> None:
    other = create("another", [Scope.ADMIN], NOW)
    assert other.record.key_id != made.record.key_id
    assert other.clear.split("_", 2)[2] != made.clear.split("_", 2)[2]


@pytest.mark.parametrize("clear", ["", "shuke", "shuke_", "shuke__x", "shuke_x_", "other_a_b"])
def test_a_malformed_key_is_rejected_before_any_lookup(clear: str) -> None:
    with pytest.raises(KeyRejectedError, match="malformed"):
        Verifier().verify(clear, lambda _: pytest.fail("was looked up"), NOW)


def test_an_unknown_key_and_a_wrong_secret_are_rejected_alike(made: NewKey) -> None:
    wrong = f"shuke_{made.record.key_id}_wrong"
    errors = []
    for clear, record in ((made.clear, None), (wrong, made.record)):
        with pytest.raises(KeyRejectedError) as caught:
            verify(clear, record)
        errors.append(caught.value.what)
    assert errors[0] == errors[1]


def test_a_wrong_secret_is_rejected_after_the_right_one_was_accepted(made: NewKey) -> None:
    verifier = Verifier()
    verifier.verify(made.clear, lambda _: made.record, NOW)
    with pytest.raises(KeyRejectedError):
        verifier.verify(made.clear + "x", lambda _: made.record, NOW)


def test_expiry_and_revocation_end_a_key_that_was_accepted_before(made: NewKey) -> None:
    verifier = Verifier()
    verifier.verify(made.clear, lambda _: made.record, NOW)
    with pytest.raises(KeyRejectedError, match="expired"):
        verifier.verify(made.clear, lambda _: made.record, NOW + timedelta(days=30))
    revoked = replace(made.record, revoked_at=NOW)
    with pytest.raises(KeyRejectedError, match="revoked"):
        verifier.verify(made.clear, lambda _: revoked, NOW)


def test_a_changed_hash_ends_what_was_remembered(made: NewKey) -> None:
    verifier = Verifier()
    verifier.verify(made.clear, lambda _: made.record, NOW)
    changed = replace(made.record, hash=create("another", [], NOW).record.hash)
    with pytest.raises(KeyRejectedError):
        verifier.verify(made.clear, lambda _: changed, NOW)


def test_a_key_is_known_once_it_was_found_right_and_only_that_very_key(made: NewKey) -> None:
    verifier, stored = Verifier(), {made.record.key_id: made.record}
    assert verifier.known(made.clear, stored.get) is None
    verifier.verify(made.clear, stored.get, NOW)
    assert verifier.known(made.clear, stored.get) == made.record
    for other in ("", "nonsense", "shuke_x", "shuke_x_y", made.clear + "x"):
        assert verifier.known(other, stored.get) is None


def test_argon2_is_paid_once_for_each_key(made: NewKey, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, verify, paid = Verifier(), Argon2Hasher.verify, []

    def counted(hasher: Argon2Hasher, secret: str, stored: str) -> bool:
        paid.append(stored)
        return verify(hasher, secret, stored)

    monkeypatch.setattr(Argon2Hasher, "verify", counted)
    for _ in range(20):
        verifier.verify(made.clear, lambda _: made.record, NOW)
    assert paid == [made.record.hash]


def test_a_scope_is_required_and_admin_has_them_all(made: NewKey) -> None:
    policy = AccessPolicy()
    require(of_key(made.record, policy), Scope.SCORES_READ)
    with pytest.raises(ScopeMissingError, match="leads:write"):
        require(of_key(made.record, policy), Scope.LEADS_WRITE)
    admin = replace(made.record, scopes=frozenset({"admin"}))
    require(of_key(admin, policy), Scope.LEADS_WRITE)


def test_a_key_in_a_role_may_do_no_more_than_the_role() -> None:
    made = create("guide", [Scope.ADMIN, Scope.TASKS_READ], NOW, role=Role.GUIDE, store_ids=["2"])
    viewer = of_key(made.record, AccessPolicy())
    assert viewer.scopes == {Scope.TASKS_READ}
    assert viewer.store_ids == {"2"}


def test_a_successor_may_do_the_same_under_another_secret(made: NewKey) -> None:
    used = replace(made.record, last_used_at=NOW)
    after = successor(used, NOW + timedelta(days=1))
    assert after.record.key_id != made.record.key_id
    same = replace(after.record, key_id=made.record.key_id, hash=made.record.hash, created_at=NOW)
    assert same == made.record
    assert verify(after.clear, after.record) == after.record


def test_a_use_is_noted_once_a_minute(made: NewKey) -> None:
    assert not is_noted(made.record, NOW)
    used = replace(made.record, last_used_at=NOW)
    assert is_noted(used, NOW + timedelta(seconds=59))
    assert not is_noted(used, NOW + timedelta(seconds=60))


def test_the_errors_name_what_the_api_answers() -> None:
    assert (KeyRejectedError.code, ScopeMissingError.code) == ("unauthorized", "forbidden")
