"""Phone numbers and e-mail addresses in one spelling, and where leads hide them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import phonenumbers

from features.errors import InputError

Kind = Literal["phone", "email"]

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{2,63}")
_MOBILE = re.compile(r"(\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}")
_PHONE_NAMES = (
    "phone phoneno phonenumber mobile mobileno mobilephone mobilenumber cell cellphone tel "
    "telephone telephonenumber contactnumber 手机 手机号 手机号码 电话 电话号码 联系电话"
)
_EMAIL_NAMES = "email emailaddress emailid mail 邮箱 邮箱地址 电子邮箱 电子邮件"
_NAMES: Mapping[Kind, frozenset[str]] = {
    "phone": frozenset(_PHONE_NAMES.split()),
    "email": frozenset(_EMAIL_NAMES.split()),
}


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """How contacts are read.

    Attributes
    ----------
    region
        Country (ISO 3166) of phone numbers written without one.
    """

    region: str = "CN"


@dataclass(frozen=True, slots=True)
class Spotted:
    """An attribute of a lead that is a contact."""

    label: str
    kind: Kind
    value: str


def normalised(kind: Kind, value: str, policy: ContactPolicy) -> str:
    """Return a phone number as E.164, or an address in lower case.

    Raises
    ------
    InputError
        It is neither; the message does not repeat it.
    """
    found = _phone(value, policy) if kind == "phone" else _email(value)
    if found is None:
        raise InputError(
            f"This is no {kind} anybody could have",
            where=kind,
            todo=f"Send a number of {policy.region} or one that begins with + and its country."
            if kind == "phone"
            else "Send an address such as name@example.com.",
        )
    return found


def as_told(kind: Kind, value: str, policy: ContactPolicy) -> str:
    """Return `normalised`, or what cannot be read as it stands without spaces around it."""
    try:
        return normalised(kind, value, policy)
    except InputError:
        return value.strip()


def spotted(attributes: Mapping[str, object]) -> list[Spotted]:
    """Return the attributes that are contacts: by their name, or because they look like one."""
    return [
        Spotted(name, kind, str(value))
        for name, value in attributes.items()
        if (kind := _kind(name, value)) is not None
    ]


def without(attributes: Mapping[str, object], found: Sequence[Spotted]) -> dict[str, object]:
    """Return attributes without those that are contacts."""
    labels = {each.label for each in found}
    return {name: value for name, value in attributes.items() if name not in labels}


def _kind(name: str, value: object) -> Kind | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None  # "may be phoned: yes" is no number
    plain = re.sub(r"[\W_]", "", name).casefold()
    for kind, names in _NAMES.items():
        if plain in names and str(value).strip():
            return kind
    text = str(value).strip()
    if _EMAIL.fullmatch(text):
        return "email"
    return "phone" if isinstance(value, str) and _MOBILE.fullmatch(text) else None


def _phone(value: str, policy: ContactPolicy) -> str | None:
    try:
        number = phonenumbers.parse(value, policy.region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(value: str) -> str | None:
    plain = value.strip().casefold()
    return plain if _EMAIL.fullmatch(plain) else None
