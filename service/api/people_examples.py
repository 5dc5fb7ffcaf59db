"""Examples of the schema's page: sessions and contacts."""

from pydantic.config import JsonDict

LOGIN_REQUEST: JsonDict = {"login": "manager-384", "password": "a long sentence nobody guesses"}

ME: JsonDict = {
    "who": "user_5d1f0c7a9b3e4c21",
    "name": "Manager of store 384",
    "role": "store_manager",
    "scopes": ["contacts:read", "contacts:write", "leads:write", "scores:read", "tasks:read"],
    "store_ids": ["384"],
    "staff_id": "384-manager",
    "contacts_in_clear": True,
    "policy_version": "access-1",
    "csrf_token": "b0f5c6e1d2a34958b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4",
}

SESSION: JsonDict = {"me": ME, "expires_at": "2018-01-01T21:30:00Z"}

CONTACT_REQUEST: JsonDict = {"value": "138 1234 5678"}

CONTACTS: JsonDict = {
    "customer_id": "818",
    "contacts": [
        {
            "label": "phone",
            "kind": "phone",
            "value": "+86138****5678",
            "updated_at": "2018-01-01T09:30:00Z",
        }
    ],
}

CONTACT_SEARCH: JsonDict = {"kind": "phone", "value": "13812345678"}

CONTACT_MATCHES: JsonDict = {
    "matches": [
        {"subject_kind": "customer", "subject_id": "818", "label": "phone"},
        {"subject_kind": "lead", "subject_id": "form-20180101-0042", "label": "mobile"},
    ]
}
