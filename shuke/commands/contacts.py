"""`shuke contacts`: phone numbers and e-mail addresses, and the keys that seal them."""

from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

if TYPE_CHECKING:
    from service.privacy.normal import Kind

app = typer.Typer(no_args_is_help=True, help="Phone numbers and e-mail addresses, encrypted.")

KindName = Annotated[str, typer.Argument(help="phone or email.")]


@app.command("set")
def set_contact(
    customer_id: Annotated[str, typer.Argument(help="Whose it is.")],
    kind: KindName,
    value: Annotated[str, typer.Argument(help="The number or address.")],
) -> None:
    """Store a contact of a customer in the place of the one of its kind."""
    from service.audit import Action, at_the_machine
    from service.audit_chain import named
    from service.bootstrap import build
    from shuke.show import line

    app_, told = build(), _kind(kind)
    with app_.records.transaction() as work:
        plain = app_.contacts.put(work, "customer", customer_id, told, value)
        subject = named("customer", customer_id)
        app_.audit.within(work, at_the_machine("contacts set"), Action.CONTACT_SET, subject=subject)
    line(f"{customer_id}: {plain}")


@app.command("find")
def find(
    kind: KindName, value: Annotated[str, typer.Argument(help="The number or address.")]
) -> None:
    """Say whose phone number or e-mail address this is, however it is spelt."""
    from service.audit import Action, at_the_machine
    from service.audit_chain import digest
    from service.bootstrap import build
    from shuke.show import table

    app_ = build()
    found = app_.contacts.find(_kind(kind), value)
    subjects = [f"{each.subject_kind}:{each.subject_id}" for each in found]
    details = {"count": len(found), "ids": digest(subjects)}
    app_.audit.add(at_the_machine("contacts find"), Action.CONTACT_SEARCH, details=details)
    rows = [(each.subject_kind, each.subject_id, each.label) for each in found]
    table("Found", ("kind", "id", "label"), rows)


@app.command("rekey")
def rekey() -> None:
    """Seal contacts and secrets of webhooks with a new key; a service that runs goes on meanwhile.

    With SHUKE_DATA_KEY put the new key before the old one first, and remove the old one after.
    """
    from service.audit import Action, at_the_machine
    from service.bootstrap import build, rekey_all
    from shuke.show import line

    app_ = build()
    changed = rekey_all(app_)
    app_.audit.add(at_the_machine("contacts rekey"), Action.REKEY, details={"count": changed})
    line(f"{changed:,} contacts and secrets are sealed with the newest key")


def _kind(name: str) -> "Kind":
    from features.errors import InputError
    from service.privacy.normal import Kind

    if name not in get_args(Kind):
        raise InputError(f"No contact is called {name}", todo="Write phone or email.")
    return cast("Kind", name)
