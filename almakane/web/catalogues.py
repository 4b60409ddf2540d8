"""
The catalogues of translations: what is to be said, and bringing the .po files up to it.

`python -m almakane.web.catalogues` adds new msgids to translations/*/LC_MESSAGES/messages.po and
takes old ones out; then they are translated by hand, and `make catalogues` compiles them.
"""

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from almakane.settings import ROOT

# What marks a msgid: a refusal's first argument is one, so each kind of refusal is listed here.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "Refusal": None,
    "TooManyAttempts": None,
    "say": None,  # a paper speaks the customer's language, whoever prints it
    "BadProof": None,
}
TRANSLATED = ("ar", "fr")


def extract() -> Catalog:
    """Every sentence of the code and the templates, with the files that say it."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog(project="Almakane", charset="utf-8")
    for path, line, message, comments, context in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, strip_comment_tags=True
    ):
        found.add(message, None, [(path, line)], auto_comments=comments, context=context)
    return found


def catalogue_path(language: str) -> Path:
    """The file that the translations of a language are written in."""
    return ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"


def read_catalogue(language: str) -> Catalog:
    """The translations of a language as they are written."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(
            locale=language,
            project="Almakane",
            version="1",
            msgid_bugs_address="-",
            last_translator="Almakane",
            language_team=language,
            revision_date=datetime.now(UTC),
            charset="utf-8",
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Write each catalogue anew with exactly the sentences that there are; none is guessed."""
    found = extract()
    for language in TRANSLATED:
        catalogue = read_catalogue(language)
        catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.header_comment = f"# Almakane, {language}: almakane/web/catalogues.py says how."
        catalogue.fuzzy = False
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(
                file,
                catalogue,
                width=100,
                ignore_obsolete=True,
                sort_by_file=True,
                include_lineno=False,
            )


if __name__ == "__main__":
    update()
