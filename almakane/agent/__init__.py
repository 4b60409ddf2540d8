"""The agent: beside a printer, it prints what the server or a till on this machine asks, once."""
