"""What a browser calls itself, in the two words by which a person knows a device again."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """Such as `Firefox, Android`; empty where a browser says nothing that we know."""
    found = (
        next((name for mark, name in names if mark in agent), None)
        for names in (_BROWSERS, _MACHINES)
    )
    return ", ".join(name for name in found if name)
