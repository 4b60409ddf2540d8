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
Country = get_model("address", "Country")

with transaction.atomic():
    Country.objects.create(
        iso_3166_1_a2="MA", printable_name="Morocco", name="Morocco", is_shipping_country=True
    )
    kind = ProductClass.objects.create(name="Piece")
    partner = Partner.objects.create(name="Makers")
    categories = [Category.add_root(name=f"Craft {n}") for n in range(6)]
    Product.objects.bulk_create(
        Product(
            title=f"Blue bowl with stars {n}",
            slug=f"blue-bowl-with-stars-{n}",
            upc=f"P{n:06}",
            product_class=kind,
            description="Made by hand in seven days, and signed.",
        )
        for n in range(int(os.environ["PEER_SIZE"]))
    )
    products = list(Product.objects.order_by("pk"))
    ProductCategory.objects.bulk_create(
        ProductCategory(product=product, category=categories[n % 6])
        for n, product in enumerate(products)
    )
    StockRecord.objects.bulk_create(
        StockRecord(
            product=product,
            partner=partner,
            partner_sku=product.upc,
            price=100 + n % 900,
            price_currency="MAD",
            num_in_stock=1,
        )
        for n, product in enumerate(products)
    )
call_command("rebuild_index", interactive=False, verbosity=0, batchsize=1_000)
