"""Almakane sells what makers leave on consignment, and pays every maker to the centime."""
