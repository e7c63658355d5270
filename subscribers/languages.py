"""The languages of the readers' pages and mails: catalogues, the choice among them, dates, and their direction.

English is what the code and the templates say; every other language is a gettext catalogue beside the templates,
compiled in memory when it is first asked for.
"""

from __future__ import annotations

import gettext
import re
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "uk", "ar")
RIGHT_TO_LEFT = frozenset(("ar",))
_DATES = {ENGLISH: "en_GB"}
_ASKED = re.compile(r"\s*([A-Za-z]{1,8})(?:-[\w-]*)?\s*(?:;\s*q\s*=\s*([\d.]{1,5})\s*)?")


def choose_language(accepted: str, default: str = ENGLISH) -> str:
    """Return the language of ours a reader likes best by their ``Accept-Language`` (RFC 9110 §12.5.4), else ours."""
    found = []
    for place, part in enumerate(accepted[:500].split(",")):
        match = _ASKED.fullmatch(part)
        if match and match[1].lower() in LANGUAGES:
            found.append((-_weight(match[2]), place, match[1].lower()))
    best = min(found, default=None)
    return best[2] if best is not None and best[0] < 0 else default if default in LANGUAGES else ENGLISH


def direction(language: str) -> str:
    """Return ``rtl`` or ``ltr``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def long_date(moment: datetime, language: str) -> str:
    """Write a day as the language does."""
    return format_date(moment, format="long", locale=_DATES.get(language, language))


@cache
def catalogue(language: str, folder: Path) -> gettext.NullTranslations:
    """Return the compiled catalogue of a language; English needs none. Raises OSError if the file is missing."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    compiled = BytesIO()
    with (folder / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _weight(written: str | None) -> float:
    try:
        return float(written) if written else 1.0
    except ValueError:
        return 0.0
