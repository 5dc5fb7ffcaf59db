"""The Complete Journey's files as expressions in the lake's columns.

Its promotions (20 million rows) and its demographics have no place in the contracts and are not
read. `home_store_id` is the most visited store of the whole year: the latest known, not what was
known at an earlier cutoff.
"""

from pathlib import Path
from typing import Any

import ibis

FILES = (
    "transactions",
    "products",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
)


class Journey:
    """The data set's files as expressions in the lake's columns.

    Parameters
    ----------
    con
        Ibis DuckDB connection.
    folder
        Where the package keeps its Parquet files.
    households
        As in `import_complete_journey`.
    """

    def __init__(self, con: Any, folder: Path, households: int | None = None) -> None:
        self._files = {
            name: con.read_parquet(str(folder / f"{name}.parquet"), table_name=f"journey_{name}")
            for name in FILES
        }
        self._households = households

    def _file(self, name: str) -> Any:
        table = self._files[name]
        if self._households is None or "household_id" not in table.columns:
            return table
        ids = self._files["transactions"].select("household_id").distinct()
        return table.semi_join(ids.order_by("household_id").limit(self._households), "household_id")

    def _baskets(self) -> Any:
        lines = self._file("transactions")
        return lines.select(
            "household_id", "store_id", "basket_id", at="transaction_timestamp"
        ).distinct()

    def _campaign_members(self) -> Any:
        descriptions = self._file("campaign_descriptions").mutate(
            expires_at=ibis._.end_date + ibis.interval(days=1),
            days=ibis._.end_date.delta(ibis._.start_date, unit="day") + 1,
        )
        return self._file("campaigns").inner_join(descriptions, "campaign_id")

    def products(self) -> Any:
        """One row per product; with few households, only the products they bought."""
        products = self._file("products")
        if self._households is not None:
            products = products.semi_join(self._file("transactions"), "product_id")
        return products.select(
            product_id=_text(products.product_id),
            name=products.product_type,
            category=products.product_category,
            department=products.department,
            brand=products.brand,
        ).order_by("product_id")

    def customers(self) -> Any:
        """One row per household that ever bought."""
        baskets = self._baskets()
        first = baskets.group_by("household_id").agg(registered_at=baskets.at.min())
        return (
            first.left_join(_favourite_store(baskets, "household_id"), "household_id")
            .select(
                customer_id=_text(ibis._.household_id),
                registered_at=ibis._.registered_at,
                home_store_id=_text(ibis._.store_id),
                source=ibis.literal("complete_journey"),
            )
            .order_by("customer_id")
        )

    def order_lines(self) -> Any:
        """One row per product in a basket, in the order of time."""
        lines = self._file("transactions")
        categories = self._file("products").select("product_id", "product_category")
        number = ibis.row_number().over(
            ibis.window(group_by=lines.basket_id, order_by=lines.product_id)
        )
        return (
            lines.mutate(line_no=number + 1)
            .left_join(categories, "product_id")
            .order_by("transaction_timestamp", "basket_id", "line_no")
            .select(
                order_id=_text(ibis._.basket_id),
                line_no=ibis._.line_no,
                customer_id=_text(ibis._.household_id),
                ordered_at=ibis._.transaction_timestamp,
                store_id=_text(ibis._.store_id),
                channel=ibis.literal("store"),
                product_id=_text(ibis._.product_id),
                category=ibis._.product_category,
                quantity=ibis._.quantity,
                net_amount=ibis._.sales_value,
                discount_amount=ibis._.retail_disc,
                coupon_amount=ibis._.coupon_disc + ibis._.coupon_match_disc,
            )
        )

    def interactions(self) -> Any:
        """One row per redeemed coupon; the day is all that is known of its moment."""
        redeemed = self._file("coupon_redemptions")
        household, coupon = _text(redeemed.household_id), _text(redeemed.coupon_upc)
        campaign, day = _text(redeemed.campaign_id), redeemed.redemption_date
        return redeemed.select(
            event_id=ibis.literal(":").join(
                ["redeemed", household, coupon, campaign, day.strftime("%Y-%m-%d")]
            ),
            customer_id=household,
            occurred_at=day,
            type=ibis.literal("coupon_redeemed"),
            channel=ibis.literal("store"),
            campaign_id=campaign,
            properties=ibis.literal('{"coupon_upc": "') + coupon + '"}',
        ).order_by("occurred_at", "event_id")

    def campaign_contacts(self) -> Any:
        """One row per household and campaign that was mailed to it."""
        return (
            self._campaign_members()
            .select(
                campaign_id=_text(ibis._.campaign_id),
                customer_id=_text(ibis._.household_id),
                contacted_at=ibis._.start_date,
                channel=ibis.literal("mail"),
                offer=ibis._.campaign_type,
                is_holdout=ibis.literal(False),
            )
            .order_by("contacted_at", "campaign_id", "customer_id")
        )

    def leads(self) -> Any:
        """One row per contacted household: a warm lead of that campaign."""
        members = self._campaign_members()
        visits = members.inner_join(self._baskets(), "household_id")
        before = visits.filter(ibis._.at < ibis._.start_date)
        stores = _favourite_store(before, "household_id", "campaign_id")
        coupons = self._file("coupons")
        counts = coupons.group_by("campaign_id").agg(coupons=coupons.coupon_upc.nunique())
        rows = members.left_join(stores, ["household_id", "campaign_id"])
        rows = rows.left_join(counts, "campaign_id")
        kind, days, coupons = rows.campaign_type, _text(rows.days), rows.coupons.fill_null(0)
        opening = ibis.literal('{"campaign_type": "') + kind + '", "duration_days": '
        return rows.select(
            lead_id=_lead_id(rows),
            created_at=rows.start_date,
            source=ibis.literal("campaign"),
            medium=ibis.literal("mail"),
            campaign_id=_text(rows.campaign_id),
            store_id=_text(rows.store_id),
            customer_id=_text(rows.household_id),
            expires_at=rows.expires_at,
            attributes=opening + days + ', "coupons": ' + _text(coupons) + "}",
        ).order_by("created_at", "lead_id")

    def lead_outcomes(self) -> Any:
        """One row per lead that redeemed in time or whose campaign ended within the data."""
        redeemed = self._file("coupon_redemptions")
        first = redeemed.group_by("household_id", "campaign_id").agg(
            redeemed_at=redeemed.redemption_date.min()
        )
        end = self._files["transactions"].transaction_timestamp.max().as_scalar()
        leads = self._campaign_members().left_join(first, ["household_id", "campaign_id"])
        converted = (leads.redeemed_at < leads.expires_at).fill_null(False)
        return (
            leads.filter(converted | (leads.expires_at <= end))
            .select(
                lead_id=_lead_id(ibis._),
                decided_at=converted.ifelse(leads.redeemed_at, leads.expires_at),
                outcome=converted.ifelse("converted", "lost"),
            )
            .order_by("decided_at", "lead_id")
        )


def _text(ids: Any) -> Any:
    return ids.cast("string")


def _lead_id(rows: Any) -> Any:
    return _text(rows.campaign_id) + ":" + _text(rows.household_id)


def _favourite_store(visits: Any, *by: str) -> Any:
    """Return the most visited store of every group; of equals the smallest id."""
    counted = visits.group_by(*by, "store_id").agg(visits=ibis._.count())
    rank = ibis.row_number().over(
        ibis.window(group_by=list(by), order_by=[ibis.desc("visits"), "store_id"])
    )
    return counted.mutate(rank=rank).filter(ibis._.rank == 0).select(*by, "store_id")
