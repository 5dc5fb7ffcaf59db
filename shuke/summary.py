"""Who needs attention today, read back from what the night wrote."""

from datetime import datetime
from typing import TYPE_CHECKING

from shuke import show

if TYPE_CHECKING:
    from service.bootstrap import App

CUSTOMERS, LEADS = 10, 5


def at_risk(app: "App", as_of: datetime) -> None:
    """Print the customers with the most to lose: churn probability times 90-day value."""
    from service.at_risk import Filters

    batch = app.at_risk.batch("churn_60d", as_of)
    found = app.at_risk.page("churn_60d", batch, Filters(), sort="-expected_loss", limit=CUSTOMERS)
    rows = [
        (
            who.customer_id,
            who.store_id,
            _percent(who.risk),
            _money(who.value),
            _money(who.expected_loss),
            who.reason,
        )
        for who in found
    ]
    columns = ("customer", "store", "churn 60 d", "value 90 d", "at stake", "why")
    show.table(f"Most at risk and most valuable, as of {as_of:%Y-%m-%d}", columns, rows)


def best_leads(app: "App") -> None:
    """Print the best of the newest leads, with whom they went to and why."""
    with app.records.transaction(read_only=True) as work:
        leads = work.leads.best(LEADS)
        routes = {lead.lead_id: work.assignments.of_lead(lead.lead_id) for lead in leads}
        names = {person.staff_id: person.name for person in work.staff.all()}
    rows = []
    for lead in leads:
        route = routes[lead.lead_id]
        person = names.get(route.staff_id or "", "head office") if route else "nobody"
        why = route.reason if route else ""
        rows.append((lead.lead_id, lead.grade, _percent(lead.value), person, why))
    show.table("Best new leads", ("lead", "grade", "converts", "went to", "why there"), rows)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.0f}"
