"""
Letters by e-mail: sent by SMTP, or by a twin that lays them as files where people can open them.

The message's id comes from the outbox's row, so that a letter that was sent twice, because nobody
heard that it had gone, is one letter in a mailbox.
"""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

_PATIENCE = 20  # seconds
_HERE = ("localhost", "127.0.0.1", "::1")


class MailFailed(Exception):
    """The letter did not go; it may later."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent, and its uid: the same letter has the same."""

    uid: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom letters are from."""

    name: str
    address: str


class Post(Protocol):
    """A way for letters to go."""

    def send(self, letter: Letter, sender: Sender) -> None:
        """Let a letter go; raises MailFailed."""


def compose(letter: Letter, sender: Sender) -> EmailMessage:
    """A letter as it goes over the wire: text first, then HTML; no header holds a line end."""
    message = EmailMessage(policy=SMTP)
    host = sender.address.rpartition("@")[2]
    message["From"] = Address(_one_line(sender.name), addr_spec=_one_line(sender.address))
    message["To"] = Address(addr_spec=_one_line(letter.to))
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{sha256(letter.uid.encode()).hexdigest()[:40]}@{host}>"
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class FilePost:
    """The twin: each letter is a file, `<its uid's hash>.eml`, there whole or not at all."""

    folder: Path

    def send(self, letter: Letter, sender: Sender) -> None:
        """Lay the letter there; the same again changes nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        whole = self._path(letter.uid)
        if not whole.exists():
            part = whole.with_suffix(".part")
            part.write_bytes(bytes(compose(letter, sender)))
            part.rename(whole)

    def forget(self, uid: str) -> None:
        """Throw a letter away, where there is one."""
        self._path(uid).unlink(missing_ok=True)

    def _path(self, uid: str) -> Path:
        return self.folder / f"{sha256(uid.encode()).hexdigest()[:40]}.eml"


@dataclass(frozen=True, slots=True)
class SmtpPost:
    """A mail server, by its address: `smtp://user:password@host:587`."""

    url: str

    def send(self, letter: Letter, sender: Sender) -> None:
        """Hand the letter over."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 0
        is_sealed, is_here = parts.scheme == "smtps", host in _HERE
        # Who stands between a shop and its mail server could show a certificate of their own; one
        # on this very machine has none that anybody signed.
        known = ssl.create_default_context()
        if is_here:
            known.check_hostname, known.verify_mode = False, ssl.CERT_NONE
        try:
            with (
                smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=known)
                if is_sealed
                else smtplib.SMTP(host, port, timeout=_PATIENCE)
            ) as server:
                server.ehlo()
                if not is_sealed and server.has_extn("starttls"):
                    server.starttls(context=known)
                    is_sealed = True
                if parts.username:
                    if not (is_sealed or is_here):
                        raise MailFailed("The mail server has no TLS: our password stays here.")
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(compose(letter, sender))
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(str(error)) from error


def the_post(smtp_url: str, data_dir: Path) -> Post:
    """By SMTP where the settings say so, else as files in the data folder."""
    return SmtpPost(smtp_url) if smtp_url else kept_letters(data_dir)


def kept_letters(data_dir: Path) -> FilePost:
    """Where letters lie that no mail server took."""
    return FilePost(data_dir / "mail")
