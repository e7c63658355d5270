"""The theme's own words and dates, by language: everything printed that no story and no editor wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from digest.model import Masthead

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Language:
    """A language's words. ``date`` and ``day`` are patterns of ``weekday day month year``; days start with Monday.

    ``named_day`` finds a weekday or a word like "yesterday" in a text.
    """

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    day: str
    named_day: re.Pattern[str]
    thousands: str
    words: Mapping[str, str]


_ENGLISH = Language(
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    date="{weekday}, {month} {day}, {year}",
    day="{month} {day}",
    named_day=re.compile(r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|today|tonight|yesterday|tomorrow)\b", re.I),
    thousands=",",
    words={
        "number": "No. {number}",
        "quotation": "“{words}”",
        "minutes": "{minutes} min read",
        "view": "View in browser",
        "top_story": "Top story",
        "read": "Read the full story",
        "listen": "Listen to the episode",
        "watch": "Watch the video",
        "by": "By {name}",
        "picture": "Picture: {credit}",
        "subscriber": "Subscribers only",
        "metered": "Limited free articles",
        "also": "Also covered by",
        "sponsor": "Sponsored",
        "sponsor_by": "Paid for by {name}.",
        "number_label": "Number of the day",
        "quote_label": "Quote of the day",
        "listing_label": "Coming up",
        "correction_label": "Corrections",
        "note_label": "A note to readers",
        "briefs": "In brief",
        "opinion": "Opinion",
        "letters": "Letters",
        "podcast": "Podcast",
        "video": "Video",
        "obituary": "Obituary",
        "analysis": "Analysis",
        "live": "Live",
        "listing": "Listing",
        "end": "That’s all for today.",
        "forwarded": "Was this forwarded to you?",
        "sign_up": "Sign up for {newsletter}",
        "why": "You receive {newsletter} because you signed up for it at {site}.",
        "unsubscribe": "Unsubscribe",
        "preferences": "Change what you get",
    },
)

_GERMAN = Language(
    weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
    date="{weekday}, {day}. {month} {year}",
    day="{day}. {month}",
    named_day=re.compile(
        r"\b(?:(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Sonnabend|heute|gestern|morgen)\w*", re.I
    ),
    thousands=".",
    words={
        "number": "Nr. {number}",
        "quotation": "„{words}“",
        "minutes": "{minutes} Min. Lesezeit",
        "view": "Im Browser lesen",
        "top_story": "Thema des Tages",
        "read": "Ganzen Artikel lesen",
        "listen": "Folge anhören",
        "watch": "Video ansehen",
        "by": "Von {name}",
        "picture": "Bild: {credit}",
        "subscriber": "Nur für Abonnenten",
        "metered": "Begrenzt frei lesbar",
        "also": "Berichtet auch:",
        "sponsor": "Anzeige",
        "sponsor_by": "Bezahlt von {name}.",
        "number_label": "Zahl des Tages",
        "quote_label": "Zitat des Tages",
        "listing_label": "Termine",
        "correction_label": "Korrekturen",
        "note_label": "In eigener Sache",
        "briefs": "Kurz gemeldet",
        "opinion": "Meinung",
        "letters": "Leserbriefe",
        "podcast": "Podcast",
        "video": "Video",
        "obituary": "Nachruf",
        "analysis": "Analyse",
        "live": "Live",
        "listing": "Termin",
        "end": "Das war’s für heute.",
        "forwarded": "Wurde Ihnen dieser Brief weitergeleitet?",
        "sign_up": "{newsletter} abonnieren",
        "why": "Sie erhalten {newsletter}, weil Sie sich bei {site} dafür angemeldet haben.",
        "unsubscribe": "Abmelden",
        "preferences": "Einstellungen ändern",
    },
)

_UKRAINIAN = Language(
    weekdays=("понеділок", "вівторок", "середа", "четвер", "пʼятниця", "субота", "неділя"),
    months=(
        *("січня", "лютого", "березня", "квітня", "травня", "червня"),
        *("липня", "серпня", "вересня", "жовтня", "листопада", "грудня"),
    ),
    date="{weekday}, {day} {month} {year} р.",
    day="{day} {month}",
    named_day=re.compile(
        r"\b(?:понеділ|вівтор|серед[аиуі]\b|четвер|п.?ятниц|субот|неділ|сьогодні|вчора|завтра|учора)", re.I
    ),
    thousands="\N{NO-BREAK SPACE}",
    words={
        "number": "№ {number}",
        "quotation": "«{words}»",
        "minutes": "{minutes} хв читання",
        "view": "Відкрити у браузері",
        "top_story": "Головна тема",
        "read": "Читати повністю",
        "listen": "Слухати випуск",
        "watch": "Дивитися відео",
        "by": "{name}",
        "picture": "Фото: {credit}",
        "subscriber": "Лише для передплатників",
        "metered": "Обмежений безплатний доступ",
        "also": "Про це також:",
        "sponsor": "Реклама",
        "sponsor_by": "Оплачено: {name}.",
        "number_label": "Число дня",
        "quote_label": "Цитата дня",
        "listing_label": "Незабаром",
        "correction_label": "Виправлення",
        "note_label": "До читачів",
        "briefs": "Коротко",
        "opinion": "Думка",
        "letters": "Листи",
        "podcast": "Подкаст",
        "video": "Відео",
        "obituary": "Некролог",
        "analysis": "Аналітика",
        "live": "Наживо",
        "listing": "Подія",
        "end": "На сьогодні все.",
        "forwarded": "Вам переслали цей лист?",
        "sign_up": "Підписатися на {newsletter}",
        "why": "Ви отримуєте {newsletter}, бо підписалися на сайті {site}.",
        "unsubscribe": "Відписатися",
        "preferences": "Змінити налаштування",
    },
)

LANGUAGES: Mapping[str, Language] = {"en": _ENGLISH, "de": _GERMAN, "uk": _UKRAINIAN}


def language(tag: str) -> Language:
    """Return the words of a language tag such as ``de-AT``; English when there are none."""
    return LANGUAGES.get(_primary(tag), _ENGLISH)


def reason(masthead: Masthead, spoken: Language) -> str:
    """Return the words that say why somebody gets the mail: the newsletter's own, or the language's."""
    return masthead.reason or spoken.words["why"].format(newsletter=masthead.name, site=masthead.site)


def direction(tag: str) -> str:
    """Return ``rtl`` or ``ltr``, the value of the ``dir`` attribute."""
    return "rtl" if _primary(tag) in RIGHT_TO_LEFT else "ltr"


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()


def long_date(day: date, spoken: Language) -> str:
    """Return the day in words, weekday first."""
    return spoken.date.format(
        weekday=spoken.weekdays[day.weekday()], day=day.day, month=spoken.months[day.month - 1], year=day.year
    )


def short_date(day: date, spoken: Language) -> str:
    """Return the day and its month in words."""
    return spoken.day.format(day=day.day, month=spoken.months[day.month - 1])


def names_a_day(text: str, tag: str) -> bool:
    """Tell whether a text of that language says a weekday or "yesterday"; False for languages we have no words of."""
    spoken = LANGUAGES.get(_primary(tag))
    return spoken is not None and spoken.named_day.search(text) is not None


def grouped(number: int, spoken: Language) -> str:
    """Return a whole number with the language's sign between thousands."""
    return f"{number:,}".replace(",", spoken.thousands)
