"""Every setting, read once from the environment; docs/settings.md says what each is for."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from almakane.errors import Refusal

ROOT = Path(__file__).resolve().parent.parent

_SHORTEST_KEY = 32


@dataclass(frozen=True)
class Settings:
    """What differs from one installation to the next."""

    database_url: str
    data_dir: Path
    secret_key: str
    base_url: str = "http://127.0.0.1:8000"
    language: str = "fr"
    argon2_cost: int = 3
    proxies: int = 0  # reverse proxies in front, whose word on the visitor's address is taken
    requires_second_factor: bool = True  # of those who are near money
    vault_key: str = ""  # what seals secrets in the database, if not the secret key
    rib: str = ""  # the house's bank account, told to those who pay by transfer
    smtp_url: str = ""  # where mails go out; without it they are files in the data folder
    mail_from: str = ""

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def vault_secret(self) -> str:
        """What the keys are derived from by which the database's secrets are sealed."""
        return self.vault_key or self.secret_key

    @property
    def is_secure(self) -> bool:
        """Whether the shop is served over https, so that cookies may be marked Secure."""
        return self.base_url.startswith("https://")


def read_settings(environ: Mapping[str, str] = os.environ, *, with_books: bool = False) -> Settings:
    """
    Read the `ALMAKANE_` variables; raises Refusal naming the one that is wrong.

    `with_books` is for who comes to books that are there: a SQLite file that is not is refused,
    and nothing is made, for SQLite would make an empty one wherever an address was mistyped.
    """

    def value(name: str, default: str) -> str:
        return environ.get(f"ALMAKANE_{name}", "").strip() or default

    data_dir = Path(value("DATA_DIR", str(ROOT / "var"))).absolute()
    cost = value("ARGON2_COST", "3")
    if cost not in map(str, range(1, 11)):
        raise Refusal(
            "ALMAKANE_ARGON2_COST is a number from 1 to 10.", field="ALMAKANE_ARGON2_COST"
        )
    proxies = value("PROXIES", "0")
    if proxies not in ("0", "1", "2", "3"):
        raise Refusal("ALMAKANE_PROXIES is a number from 0 to 3.", field="ALMAKANE_PROXIES")
    language = value("LANGUAGE", "fr")
    if language not in ("fr", "ar", "en"):
        raise Refusal("ALMAKANE_LANGUAGE is fr, ar or en.", field="ALMAKANE_LANGUAGE")
    second = value("SECOND_FACTOR", "required")
    if second not in ("required", "optional"):
        raise Refusal(
            "ALMAKANE_SECOND_FACTOR is required or optional.", field="ALMAKANE_SECOND_FACTOR"
        )
    vault_key = value("VAULT_KEY", "")
    if vault_key and len(vault_key) < _SHORTEST_KEY:
        raise Refusal(
            "ALMAKANE_VAULT_KEY has at least %(count)s characters.",
            field="ALMAKANE_VAULT_KEY",
            count=_SHORTEST_KEY,
        )
    rib = value("RIB", "").replace(" ", "")
    if rib and not (re.fullmatch(r"\d{24}", rib, re.ASCII) and int(rib) % 97 == 0):
        raise Refusal("ALMAKANE_RIB has 24 digits, the last two its key.", field="ALMAKANE_RIB")
    smtp_url = value("SMTP_URL", "")
    if smtp_url and (_is_broken(smtp_url) or not smtp_url.startswith(("smtp://", "smtps://"))):
        raise Refusal(
            "ALMAKANE_SMTP_URL is like smtp://user:password@mail.example:587.",
            field="ALMAKANE_SMTP_URL",
        )
    url = value("DATABASE_URL", f"sqlite:///{data_dir / 'almakane.sqlite3'}")
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise Refusal(
            "ALMAKANE_DATABASE_URL begins with sqlite:/// or postgresql://.",
            field="ALMAKANE_DATABASE_URL",
        )
    base_url = value("BASE_URL", "http://127.0.0.1:8000").rstrip("/").lower()
    if _is_broken(url):
        raise Refusal("ALMAKANE_DATABASE_URL is no address.", field="ALMAKANE_DATABASE_URL")
    if _is_broken(base_url) or not re.fullmatch(r"https?://[^/?#@]+", base_url):
        raise Refusal(
            "ALMAKANE_BASE_URL is the shop's address alone, like https://shop.example.",
            field="ALMAKANE_BASE_URL",
        )
    if path := _sqlite_path(url):
        path = path.absolute()  # from where one stands, as any path
        url = "".join(("sqlite:///", str(path), *url.partition("?")[1:]))
        if with_books and not path.exists():
            raise Refusal(
                "There is no database at %(path)s. `almakane migrate` makes one; if yours is"
                " elsewhere, ALMAKANE_DATABASE_URL says where.",
                field="ALMAKANE_DATABASE_URL",
                path=path,
            )
    return Settings(
        database_url=url,
        data_dir=data_dir,
        secret_key=value("SECRET_KEY", "") or _kept_secret(data_dir),
        base_url=base_url,
        language=language,
        argon2_cost=int(cost),
        proxies=int(proxies),
        requires_second_factor=second == "required",
        vault_key=vault_key,
        rib=rib,
        smtp_url=smtp_url,
        mail_from=value("MAIL_FROM", ""),
    )


def _sqlite_path(url: str) -> Path | None:
    """The file that SQLite keeps the books in, if it is one."""
    path = url.removeprefix("sqlite:///").partition("?")[0]
    is_file = url.startswith("sqlite:///") and path and not path.startswith((":memory:", "file:"))
    return Path(path) if is_file else None


def _is_broken(address: str) -> bool:
    """Whether an address cannot even be taken apart."""
    try:
        return urlsplit(address).port == 0
    except ValueError:
        return True


def keep_private(settings: Settings) -> None:
    """Let nobody else of this machine into the data folder, or read the books' file."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    books = _sqlite_path(settings.database_url)
    for path, mode in ((settings.data_dir, 0o700), (books, 0o600)):
        if path and path.exists():
            with suppress(PermissionError):  # it is somebody else's, who decides on it
                path.chmod(mode)


def _kept_secret(data_dir: Path) -> str:
    """A secret made on the first start and kept beside the data: sessions survive a restart."""
    path = data_dir / "secret-key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        made = data_dir / f"secret-key.{os.getpid()}"
        with open(os.open(made, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # of two first starts at once, one secret holds
            os.link(made, path)
        made.unlink()
    secret = path.read_text(encoding="ascii").strip()
    if not secret:
        raise Refusal("%(path)s is empty: delete it, and a new secret is made.", path=path)
    return secret
