"""Building, serving, testing and measuring. No part of the wheel; nothing in the product imports it."""
