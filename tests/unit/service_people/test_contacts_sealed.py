"""Contacts: one spelling, found in leads, sealed with keys that can be changed."""

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from service.privacy.data_keys import DataKey, DataKeyMissingError, KeyRing
from service.privacy.normal import ContactPolicy, as_told, normalised, spotted, without

POLICY = ContactPolicy()
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
KEYS = st.builds(DataKey, st.binary(min_size=32, max_size=32))


@pytest.mark.parametrize(
    "told", ["13812345678", "138 1234 5678", "+86 138-1234-5678", "0086 13812345678"]
)
def test_a_phone_number_has_one_spelling(told: str) -> None:
    assert normalised("phone", told, POLICY) == "+8613812345678"


def test_an_address_is_compared_without_case_and_spaces() -> None:
    assert normalised("email", " Mei.Li@Example.COM ", POLICY) == "mei.li@example.com"


@pytest.mark.parametrize(("kind", "told"), [("phone", "12"), ("phone", "no"), ("email", "a@b")])
def test_what_is_no_contact_is_refused_without_repeating_it(kind: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        normalised(kind, told, POLICY)  # type: ignore[arg-type]
    assert told not in caught.value.where
    assert as_told(kind, f" {told} ", POLICY) == told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("phone", "13812345678", "phone"),
        ("Phone Number", 13812345678, "phone"),
        ("手机号", "138 1234 5678", "phone"),
        ("e-mail", "x", "email"),
        ("邮箱", "mei@qq.com", "email"),
        ("remark", "mei@qq.com", "email"),
        ("remark", "+86 13812345678", "phone"),
        ("phone", True, None),
        ("email", None, None),
        ("Do Not Email", "No", None),
        ("Last Activity", "Email Opened", None),
        ("Total Visits", 5, None),
        ("score", 13812345678, None),
    ],
)
def test_contacts_are_spotted_by_name_or_by_their_looks(
    name: str, value: object, kind: str | None
) -> None:
    attributes = {name: value, "pages": 7}
    found = spotted(attributes)
    assert [(each.label, each.kind, each.value) for each in found] == (
        [(name, kind, str(value))] if kind else []
    )
    assert without(attributes, found) == ({"pages": 7} if kind else attributes)


@given(KEYS, TEXT, TEXT)
def test_what_is_sealed_opens_in_its_place_with_its_key_alone(
    key: DataKey, value: str, place: str
) -> None:
    sealed = key.seal(value, place)
    assert key.open(sealed, place) == value
    assert sealed != key.seal(value, place)
    for other, elsewhere in ((DataKey(bytes(31) + b"x"), place), (key, place + "!")):
        with pytest.raises(DataKeyMissingError):
            other.open(sealed, elsewhere)
    with pytest.raises(DataKeyMissingError):
        key.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), place)


@given(KEYS, KEYS, TEXT, TEXT)
def test_a_lookup_is_the_same_for_the_same_value_and_key_alone(
    key: DataKey, other: DataKey, value: str, another: str
) -> None:
    same = key.lookup("phone", value) == other.lookup("phone", another)
    assert same == (key == other and value == another)
    assert key.lookup("phone", value) != key.lookup("email", value)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    ring = KeyRing("", tmp_path / "home" / "data.key")
    first = ring.all()
    assert stat.S_IMODE(ring.file.stat().st_mode) == 0o600
    assert KeyRing("", ring.file).all() == first
    assert [path.name for path in ring.file.parent.iterdir()] == ["data.key"]


def test_a_new_key_goes_before_the_others_and_unneeded_ones_go(tmp_path: Path) -> None:
    ring = KeyRing("", tmp_path / "data.key")
    [first] = ring.all()
    ring.add()
    ring.add()
    newest, second, oldest = ring.all()
    assert oldest == first
    ring.keep({second.key_id})
    assert ring.all() == [newest, second]
    assert stat.S_IMODE(ring.file.stat().st_mode) == 0o600


def test_keys_may_be_given_and_then_no_file_is_made(tmp_path: Path) -> None:
    texts = [base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
    ring = KeyRing(",".join(texts), tmp_path / "data.key")
    assert [key.secret[0] for key in ring.all()] == [1, 2]
    assert not ring.file.exists()
    assert not ring.in_file
    assert texts[0] not in repr(ring)


@pytest.mark.parametrize("text", ["short", "é", "AAAA"])
def test_what_is_no_key_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no data key"):
        KeyRing(text, tmp_path / "data.key").all()
