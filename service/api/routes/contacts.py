"""Phone numbers and e-mail addresses of customers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from service.api.contact_schemas import (
    ContactKind,
    ContactMatch,
    ContactMatches,
    ContactOut,
    ContactRequest,
    ContactSearch,
    CustomerContacts,
)
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.problem_docs import problems
from service.api.schemas import Id
from service.audit import Action
from service.audit_chain import named
from service.bootstrap import App
from service.crm.permissions import Scope
from service.sight import Sight

router = APIRouter(tags=["contacts"])

CustomerId = Annotated[Id, Path(examples=["818"])]


@router.get(
    "/customers/{customer_id}/contacts",
    operation_id="customer_contacts",
    summary="Phone number and e-mail address of one customer",
    dependencies=[Depends(needs(Scope.CONTACTS_READ))],
    responses=problems(404),
)
def contacts(customer_id: CustomerId, app: CurrentApp, sight: CurrentSight) -> CustomerContacts:
    """Return the contacts of a customer, masked unless your role reads them in clear."""
    sight.require_customer(customer_id)
    sight.saw("customer", [customer_id])
    return _of(app, sight, customer_id)


@router.put(
    "/customers/{customer_id}/contacts/{kind}",
    operation_id="set_customer_contact",
    summary="Set the phone number or e-mail address of a customer",
    dependencies=[Depends(needs(Scope.CONTACTS_WRITE))],
    responses=problems(400, 404, 413),
)
def set_contact(
    customer_id: CustomerId,
    kind: ContactKind,
    asked: ContactRequest,
    app: CurrentApp,
    sight: CurrentSight,
) -> CustomerContacts:
    """Store a contact in the place of the one of its kind, encrypted, and return all of them.

    Numbers are kept as E.164, addresses in lower case. A customer need not have ordered yet.
    """
    sight.require_customer(customer_id)
    with app.records.transaction() as work:
        app.contacts.put(work, "customer", customer_id, kind, asked.value)
        subject = named("customer", customer_id)
        app.audit.within(
            work, sight.occasion, Action.CONTACT_SET, subject=subject, details={"kind": kind}
        )
    return _of(app, sight, customer_id)


@router.post(
    "/contacts/search",
    operation_id="search_contacts",
    summary="Whose phone number or e-mail address this is",
    dependencies=[Depends(needs(Scope.CONTACTS_READ))],
    responses=problems(400, 413),
)
def search(asked: ContactSearch, app: CurrentApp, sight: CurrentSight) -> ContactMatches:
    """Return the customers and leads you may see who have this contact, however it is spelt."""
    found = app.contacts.find(asked.kind, asked.value)
    customers = sight.customers([c.subject_id for c in found if c.subject_kind == "customer"])
    leads = sight.leads([c.subject_id for c in found if c.subject_kind == "lead"])
    seen = [
        contact
        for contact in found
        if contact.subject_id in (customers if contact.subject_kind == "customer" else leads)
    ]
    subjects = [f"{contact.subject_kind}:{contact.subject_id}" for contact in seen]
    sight.searched(subjects)
    return ContactMatches(
        matches=[ContactMatch.model_validate(each, from_attributes=True) for each in seen]
    )


def _of(app: App, sight: Sight, customer_id: str) -> CustomerContacts:
    shown = []
    for contact in app.contacts.of("customer", customer_id):
        field = sight.shown({contact.kind: contact.value})
        shown.append(
            ContactOut.model_validate(
                {
                    "label": contact.label,
                    "kind": contact.kind,
                    "value": field[contact.kind],
                    "updated_at": contact.updated_at,
                }
            )
        )
    return CustomerContacts(customer_id=customer_id, contacts=shown)
