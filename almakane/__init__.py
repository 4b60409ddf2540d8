"""Almakane sells what makers leave on consignment, and pays every maker to the centime."""

import zoneinfo

# Whoever enters comes by here first. What a clock shows is a matter of decrees: Python asks the
# machine's own zone data before the `tzdata` that requirements/run.txt pins, and that of a machine
# may be years old. One day would then be told in two ways, so the machine is not asked.
zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()
