"""Paper as a printer's bytes."""

from almakane.gateways.paper import Strip


def printed(strip: Strip, profile: str = "") -> bytes:
    """
    A strip as a printer's bytes.

    The library is loaded when something is printed: it writes a file as it loads, which a command
    on a full disk must not die of before it can say so.
    """
    from almakane.gateways.printer import paper_of, to_escpos  # noqa: PLC0415 - see above

    return to_escpos(strip, paper_of(profile) if profile else None)
