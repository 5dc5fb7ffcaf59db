"""What the products table adds to receipts: departments, and which lines are own brands."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class BrandPolicy:
    """Which brands are the shop's own.

    Attributes
    ----------
    own
        Names in the column `brand` of `products`, in lower case.
    """

    own: tuple[str, ...] = ("private",)


BRANDS = BrandPolicy()


def departments(products: ir.Table) -> ir.Table:
    """Return category, department: where most products of a category stand.

    Of several departments with equally many products it is the first by name.
    """
    placed = products.filter(products.category.notnull(), products.department.notnull())
    counted = placed.group_by("category", "department").agg(products=placed.count())
    order = [counted.products.desc(), counted.department]
    place = ibis.row_number().over(ibis.window(group_by="category", order_by=order))
    ranked = counted.mutate(place=place)
    return ranked.filter(ranked.place == 0).select("category", "department")


def with_own_brand(lines: ir.Table, products: ir.Table) -> ir.Table:
    """Return order lines with `own_brand`; a product that is not in the table has none."""
    own = products.filter(products.brand.lower().isin(BRANDS.own))
    return lines.mutate(own_brand=lines.product_id.isin(own.product_id).fill_null(False))
