"""The catalogue of the demo's shop, "Jello & Peanut": data only."""

from __future__ import annotations

from dataclasses import asdict, dataclass

SHOP = "Jello & Peanut"
CURRENCY = "EUR"


@dataclass(frozen=True)
class Product:
    """One thing on the shelf; `price` is in `CURRENCY`, `colors` are the picture's light, body and deep tone."""

    slug: str
    sku: str
    name: str
    category: str
    variant: str
    price: float
    weight: str
    line: str
    story: str
    picture: str
    colors: tuple[str, ...] = ()

    def properties(self) -> dict[str, object]:
        """What the pages' scripts need to know of the product, under the names of Segment's e-commerce events."""
        known = asdict(self)
        names = ("sku", "name", "category", "variant", "price")
        return {"product_id": self.slug, **{name: known[name] for name in names}, "brand": SHOP, "currency": CURRENCY}


CATALOGUE: tuple[Product, ...] = (
    Product(
        "jello-and-peanut", "JP-100", "The Jello & Peanut", "Both", "glass", 9.0, "240 g",
        "Raspberry jello, vanilla cream, salted peanut. In that order.",
        "The dessert we are named after. Three layers set one after the other, so that the spoon meets wobble first, "
        "cloud second and crunch last.",
        "cup",
    ),
    Product(
        "raspberry-jello", "JE-201", "Raspberry Jello", "Jello", "raspberry", 6.5, "350 g",
        "Whole fruit, set soft. It wobbles when you walk past.",
        "Two punnets of raspberries a mould, strained once, and just enough gelatine to hold the flutes.",
        "jello", ("#ffa9c6", "#d6336c", "#8f1345"),
    ),
    Product(
        "lime-jello", "JE-202", "Lime Jello", "Jello", "lime", 6.0, "350 g",
        "Sharp, clear, and very green without any help.",
        "Juice and zest of eleven limes. The colour comes from the zest, the clarity from patience.",
        "jello", ("#dcf5a0", "#74b816", "#3b6d05"),
    ),
    Product(
        "blood-orange-jello", "JE-203", "Blood Orange Jello", "Jello", "blood orange", 6.5, "350 g",
        "February in a mould: bitter at the edge, sweet inside.",
        "Made for the eight weeks in which blood oranges are worth it, and not a day longer.",
        "jello", ("#ffd09e", "#f1661c", "#a63a06"),
    ),
    Product(
        "blueberry-jello", "JE-204", "Blueberry Jello", "Jello", "blueberry", 7.0, "350 g",
        "Dark as ink, light as a spoonful of nothing.",
        "Wild blueberries, pressed cold. Stains everything it touches; we have stopped apologising.",
        "jello", ("#c3c9ff", "#5c62d6", "#2b2c86"),
    ),
    Product(
        "roasted-peanuts", "PE-301", "Roasted Peanuts", "Peanut", "in the shell", 4.5, "500 g",
        "Roasted in the shell, on the day we post them.",
        "Slow drum roast, eighteen minutes, no oil. Sea salt only if you ask for it.",
        "peanuts",
    ),
    Product(
        "peanut-butter", "PE-302", "Peanut Butter", "Peanut", "smooth", 8.0, "380 g",
        "Peanuts. Ground for a long time. That is the recipe.",
        "Stone-ground three times until it pours. It separates; stir it, and feel accomplished.",
        "jar",
    ),
    Product(
        "peanut-brittle", "PE-303", "Peanut Brittle", "Peanut", "salted caramel", 5.5, "200 g",
        "Caramel taken one shade darker than is comfortable.",
        "Poured thin, broken by hand, packed before anyone in the kitchen can stop us.",
        "brittle",
    ),
)  # fmt: skip


def find(slug: str) -> Product | None:
    """The product of that slug, or None."""
    return next((product for product in CATALOGUE if product.slug == slug), None)
