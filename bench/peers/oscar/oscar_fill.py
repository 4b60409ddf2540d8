"""Fill Oscar with so many products of six kinds, each with a price and one in stock: PEER_SIZE."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oscar_settings")
django.setup()

from django.core.management import call_command
from django.db import transaction
from oscar.core.loading import get_model

call_command("migrate", verbosity=0)
Category, Product = get_model("catalogue", "Category"), get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
ProductCategory = get_model("catalogue", "ProductCategory")
Partner, StockRecord = get_model("partner", "Partner"), get_model("partner", "StockRecord")
kind = ProductClass.objects.create(name="Piece")
partner = Partner.objects.create(name="Makers")
categories = [Category.add_root(name=f"Craft {n}") for n in range(6)]
with transaction.atomic():
    for n in range(int(os.environ["PEER_SIZE"])):
        product = Product.objects.create(
            title=f"Blue bowl with stars {n}",
            upc=f"P{n:06}",
            product_class=kind,
            description="Made by hand in seven days, and signed.",
        )
        ProductCategory.objects.create(product=product, category=categories[n % 6])
        StockRecord.objects.create(
            product=product,
            partner=partner,
            partner_sku=f"P{n:06}",
            price=100 + n % 900,
            price_currency="MAD",
            num_in_stock=1,
        )
call_command("rebuild_index", interactive=False, verbosity=0)
