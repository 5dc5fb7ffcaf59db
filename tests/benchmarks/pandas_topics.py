"""The rest of the customer features in pandas, at one cutoff; see `pandas_features`."""

import numpy as np
import pandas as pd

STORE_MEASURES = ("spend_90d", "orders_90d", "basket_mean", "recency_days", "discount_share_90d")
COHORT_MEASURES = ("spend_90d", "orders_90d", "active_days_90d", "recency_days", "categories_90d")
DAY = pd.Timedelta(days=1)


def ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return part / whole, missing where the whole is 0."""
    return part / whole.where(whole != 0)


def promotions(purchases: pd.DataFrame) -> pd.DataFrame:
    """Return how much the customers lean on discounts and coupons."""
    priced = purchases.assign(
        shelf=purchases["spend"] + purchases["discount"] + purchases["coupon"],
        reduced=purchases["discount"] > 0,
        with_coupon=purchases["coupon"] > 0,
    )
    recent = priced[priced["age"] <= 90]
    ever, by = priced.groupby("customer_id"), recent.groupby("customer_id")
    reduced = recent[recent["reduced"]].groupby("customer_id")
    others = recent[~recent["reduced"]].groupby("customer_id")
    shelf = by["shelf"].sum()
    return pd.DataFrame(
        {
            "discount_share_90d": ratio(by["discount"].sum(), shelf),
            "discount_share_total": ratio(ever["discount"].sum(), ever["shelf"].sum()),
            "discount_basket_share_90d": by["reduced"].mean(),
            "coupon_share_90d": ratio(by["coupon"].sum(), shelf),
            "coupon_basket_share_90d": by["with_coupon"].mean(),
            "coupon_basket_share_total": ever["with_coupon"].mean(),
            "discount_depth_90d": ratio(by["discount"].sum(), reduced["shelf"].sum()),
            "discounted_basket_ratio_90d": ratio(reduced["spend"].mean(), others["spend"].mean()),
        }
    )


def stores(purchases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return where the customers buy, and the shop of each."""
    by_store = purchases.groupby(["customer_id", "store_id"])
    ever = pd.DataFrame({"n": by_store.size(), "first_at": by_store["ordered_at"].min()})
    ranked = ever.reset_index().sort_values(["n", "store_id"], ascending=[False, True])
    main = ranked.groupby("customer_id").first()
    recent = purchases[purchases["age"] <= 90]
    lately = recent.groupby(["customer_id", "store_id"]).size().groupby("customer_id")
    is_new = (ever["first_at"] >= as_of - 90 * DAY).groupby("customer_id").sum()
    online = (recent["channel"] == "online").groupby(recent["customer_id"]).mean()
    return pd.DataFrame(
        {
            "stores_90d": lately.size(),
            "stores_total": ever.groupby("customer_id").size(),
            "top_store_share_90d": ratio(lately.max(), lately.sum()),
            "top_store_share_total": main["n"] / purchases.groupby("customer_id").size(),
            "online_share_90d": online,
            "new_stores_90d": is_new,
            "main_store": main["store_id"],
        }
    )


def habits(purchases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return on which days and at what hours the customers buy."""
    recent = purchases[purchases["age"] <= 180]
    at, who = recent["ordered_at"].dt, recent["customer_id"]
    part = np.minimum((at.day - 1) // 10, 2)
    shares = {
        "weekend_share_180d": at.weekday >= 5,
        "morning_share_180d": at.hour.between(5, 11),
        "afternoon_share_180d": at.hour.between(12, 17),
        "evening_share_180d": at.hour >= 18,
        "same_weekday_share_180d": at.weekday == as_of.weekday(),
        "month_start_share_180d": part == 0,
        "same_month_part_share_180d": part == min((as_of.day - 1) // 10, 2),
    }
    row = pd.DataFrame(shares).groupby(who).mean()
    row["weekday_entropy_180d"] = at.weekday.groupby(who).apply(
        lambda days: entropy(days.value_counts())
    )
    return row


def assortment(
    kept: pd.DataFrame, purchases: pd.DataFrame, products: pd.DataFrame, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Return how wide the assortment of the customers is."""
    pair = ["customer_id", "category"]
    first_at = kept.groupby(pair)["ordered_at"].min().rename("first_at")
    recent = kept[(as_of - kept["ordered_at"]) / DAY <= 90]
    in_basket = recent.groupby([*pair, "order_id", "ordered_at"]).size()
    by_pair = in_basket.groupby(pair)
    bought = pd.DataFrame({"lines": by_pair.sum(), "baskets": by_pair.size()}).join(first_at)
    bought["is_new"] = bought["first_at"] >= as_of - 90 * DAY
    bought["repeated"] = bought["baskets"] > 1
    by = bought.groupby("customer_id")
    total = by["lines"].sum()
    top3 = bought.sort_values("lines").groupby("customer_id")["lines"].tail(3)
    orders = purchases[purchases["age"] <= 90].groupby("customer_id").size()
    placed = bought.reset_index().merge(departments(products), on="category")
    in_department = placed.groupby(["customer_id", "department"])["lines"].sum()
    by_department = in_department.groupby("customer_id")
    return pd.DataFrame(
        {
            "categories_per_basket_90d": by["baskets"].sum().reindex(orders.index).fillna(0)
            / orders,
            "categories_90d": by.size(),
            "category_entropy_90d": by["lines"].apply(entropy),
            "top_category_share_90d": by["lines"].max() / total,
            "top3_category_share_90d": top3.groupby("customer_id").sum() / total,
            "new_category_share_90d": by["is_new"].mean(),
            "repeat_category_share_90d": by["repeated"].mean(),
            "departments_90d": by_department.size(),
            "top_department_share_90d": by_department.max() / by_department.sum(),
        }
    )


def departments(products: pd.DataFrame) -> pd.DataFrame:
    """Return the department in which most products of a category stand."""
    counted = products.groupby(["category", "department"]).size().rename("n").reset_index()
    ranked = counted.sort_values(["n", "department"], ascending=[False, True])
    return ranked.groupby("category", as_index=False).first()


def campaigns(
    tables: dict[str, pd.DataFrame], last_at: pd.Series, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Return how often the customers were contacted, and how they answered."""
    contacts, events = tables["campaign_contacts"], tables["interactions"]
    sent = contacts[(contacts["contacted_at"] < as_of) & ~contacts["is_holdout"].astype(bool)]
    sent = sent.assign(age=(as_of - sent["contacted_at"]) / DAY)
    known = events[events["occurred_at"] < as_of]
    known = known.assign(age=(as_of - known["occurred_at"]) / DAY)
    used = known[known["type"] == "coupon_redeemed"]
    other = known[known["type"] != "coupon_redeemed"].groupby("customer_id")["age"]
    by, redeemed = sent.groupby("customer_id")["age"], used.groupby("customer_id")["age"]
    since = sent["contacted_at"] > sent["customer_id"].map(last_at)
    counts = {
        "contacts_30d": (sent["age"] <= 30).groupby(sent["customer_id"]).sum(),
        "contacts_90d": (sent["age"] <= 90).groupby(sent["customer_id"]).sum(),
        "contacts_total": by.size(),
        "contacts_since_purchase": since.groupby(sent["customer_id"]).sum(),
        "redemptions_90d": (used["age"] <= 90).groupby(used["customer_id"]).sum(),
        "redemptions_total": redeemed.size(),
        "interactions_90d": other.apply(lambda age: (age <= 90).sum()),
    }
    row = pd.DataFrame(counts).reindex(last_at.index).fillna(0.0)
    pairs = sent.merge(used, on="customer_id", suffixes=("", "_used"))
    wait = (pairs["occurred_at"] - pairs["contacted_at"]) / DAY
    key = ["customer_id", "campaign_id"]
    answered = pairs[wait.between(0, 30)].drop_duplicates(key).groupby("customer_id").size()
    row["redemption_rate"] = ratio(row["redemptions_total"], row["contacts_total"])
    row["days_since_contact"] = by.min()
    row["days_since_redemption"] = redeemed.min()
    row["contact_interval_days"] = ratio(by.max() - by.min(), by.size() - 1)
    row["contact_response_share"] = ratio(
        answered.reindex(row.index).fillna(0.0), row["contacts_total"]
    )
    row["days_since_interaction"] = other.min()
    return row


def peers(row: pd.DataFrame) -> pd.DataFrame:
    """Return `row` with each measure by the mean of its peers."""
    groups = {
        ("main_store", "store"): STORE_MEASURES,
        ("cohort", "cohort"): COHORT_MEASURES,
    }
    return row.assign(
        **{
            f"{name}_vs_{suffix}": ratio(row[name], row.groupby(group)[name].transform("mean"))
            for (group, suffix), names in groups.items()
            for name in names
        }
    )


def entropy(counts: pd.Series) -> float:
    """Return the entropy of counts in nats."""
    part = counts[counts > 0] / counts.sum()
    return float(-(part * np.log(part)).sum())
