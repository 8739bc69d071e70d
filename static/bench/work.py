"""The calls of a page that runs Python: the same nested cart of 21 leaves, from Python values."""

from datetime import UTC, datetime

CART = {
    "order_id": "order-1",
    "total": 79.9,
    "revenue": 67.14,
    "tax": 12.76,
    "currency": "EUR",
    "coupon": "AUTUMN",
    "placed_at": datetime(2026, 11, 21, tzinfo=UTC),
    "customer": {"id": 1007, "plan": "pro", "address": {"city": "Lyon", "country": "FR", "zip": "69002"}},
    "shipping": {"method": "courier", "cost": 4.9, "express": True},
    "products": [{"sku": "A-1", "price": 25, "quantity": 2}, {"sku": "B-7", "price": 29.9, "quantity": 1}],
}


def work(count):
    """Make so many calls with what `heap_web.load` gave."""
    for _ in range(count):
        analytics.track("Order Completed", CART)  # noqa: F821
