"""Names the service lines of news stories: one rule a kind, each a pattern with the length it may reach.

The rules and their lengths were set on published articles, so that prose that merely speaks of newsletters,
photographs or comments stays: a rule says what the whole line is for, not which words it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 260
"""Characters a service line has at most; longer ones are prose."""

LONGEST_NOTE = 1000
"""Characters of a correction or an editor's note."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of service line.

    ``cautious``: in the middle of a story it acts on very short lines only. ``in_sentences``: it also acts on a
    single sentence of a paragraph of prose, because what it matches is never prose.
    """

    name: str
    pattern: re.Pattern[str]
    limit: int = LONGEST
    cautious: bool = True
    in_sentences: bool = False


def _any(*patterns: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)


_NAME = r"[A-Z][\w’'.-]*(?:[ -](?:de|da|di|del|van|von|der|den|la|le|al|bin|Mc|O[’'])?[ ]?[A-Z][\w’'.-]*){1,3}"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
_DAY = (
    rf"(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}(?:st|nd|rd"
    rf"|th)?\s+{_MONTH}\s+\d{{4}}|\d{{4}}-\d\d-\d\d)"
)
_HOUR = r"(?:,?\s*(?:at|-|–|\|)?\s*\d{1,2}[:.]\d\d(?:\s*[ap]\.?m\.?)?(?:\s*[A-Z]{2,4})?)"
_MAIL = r"[\w.+-]+@[\w-]+\.[\w.-]*\w"
_THIS = r"(?:this|the) (?:story|article|report|piece|column|post|interview|feature|commentary|episode)"

NEWSLETTER = Rule(
    "newsletter",
    _any(
        r"\b(?:newsletters?|inbox|(?:e-?mail|news|breaking|push) (?:alerts?|notifications?)|daily briefing)\b"
        r".*\b(?:sign(?:ing)? up|subscribe|click here|tap here|delivered)\b",
        r"\b(?:sign up|signing up|subscribe|click here|tap here|register)\b"
        r".*\b(?:newsletters?|inbox|(?:e-?mail|news|breaking|push) (?:alerts?|notifications?)|daily briefing)\b",
        r"^(?:get|receive|want) (?:our|the|more|all|these)\b.*\b(?:newsletters?|inbox)\b",
    ),
    in_sentences=True,
)
VERSION = Rule(
    "version",
    _any(
        rf"\ba version of {_THIS}\b.*\b(?:appear|publish|ran\b|printed|posted|aired|first)",
        rf"^{_THIS} (?:was )?(?:originally |first )(?:appeared|ran|published|posted)\b",
    ),
    cautious=False,
    in_sentences=True,
)
CALL_TO_ACTION = Rule(
    "call-to-action",
    _any(
        r"^(?:please )?(?:click|tap|press) (?:here|(?:on )?the (?:link|button|image|picture|video))\b",
        r"^(?:to )?(?:read|see|watch|hear|find out|learn) (?:more|also|next|the full (?:story|article"
        r"|report|interview))"
        r"(?:\s*[:.!|»→>]|\s+(?:here|at|about|on|from|of|stories|news|,)\b|$)",
        r"^also (?:read|see|watch)\b\s*[:—–-]?",
        r"^(?:related|recommended|more on this|most read|most popular|see also|don[’']t miss"
        r"|read next|you may (?:also )?like"
        r"|more from|more stories|top stories|trending|editors?[’']? picks?)(?: (?:articles?|stor(?:y"
        r"|ies)|content|links?"
        r"|coverage|topics|video))?\s*(?:[:|»→>—–]|$)",
        r"^(?:read|watch|listen|video|audio|gallery|photos|in pictures|podcast|listen now)\s*[:|»→]",
        r"^(?:please )?(?:follow|like|join|find|connect with) (?:us|me|@\w+"
        r"|[\w’' .]{2,40} on (?:twitter|facebook|x\b|instagram"
        r"|threads|bluesky|mastodon|linkedin|whatsapp|telegram))\b",
        r"^(?:for (?:the latest|more|all the)\b.*\b)?(?:follow|like) (?:us|@\w+"
        r"|\w+(?: \w+){0,3}) on (?:twitter|facebook|instagram|x)\b",
        r"^for (?:the latest|more|all the)\b.*\b(?:visit|click|go to|follow|check out|download|subscribe)\b",
        r"^(?:video |watch )?scroll (?:down|on|to|through)\b",
        r"^(?:please )?subscribe(?: now| today| here)?(?:\s*[.!:|]|$| to\b| for\b| and\b)",
        r"^share (?:this|on|via|your (?:story|views|thoughts))\b",
        r"^(?:please )?(?:support (?:our|us|independent|local)|donate (?:now|today|here|to us)"
        r"|become a (?:member|subscriber))\b",
        r"^(?:advertisement|advertising|sponsored(?: content)?|promoted|loading(?:\.\.\.|…)?)\.?$",
        r"^(?:story|article|post) continues (?:below|after)\b",
        r"^continue reading\b",
        r"^download (?:the|our) .{0,40}\bapps?\b",
        r"^(?:enable|please (?:enable|turn on)) (?:javascript|cookies)\b",
        r"^(?:skip|jump) to (?:content|main|navigation|video)\b",
        r"^(?:check|come|stay) (?:back|tuned) (?:for|here|later)\b",
        r"^(?:do you have|have you got|got) (?:a (?:story|tip|news tip|question)|an? .{2,30} story"
        r"|more information)\b.*\?",
    ),
    in_sentences=True,
)
COMMENTS = Rule(
    "comment-policy",
    _any(
        r"\bcomment(?:s|ing)? (?:policy|guidelines|rules)\b",
        r"^comments? (?:are|is|have been|has been|on this)\b.*\b(?:closed|moderated|disabled|open)\b",
        r"^(?:please )?(?:join|start) the (?:conversation|discussion|debate)\b",
        r"^(?:please )?(?:leave|post|add|write|submit) (?:a|your) comments?\b",
        r"^(?:view|show|read|see|load|hide)(?: all| the)?(?: \d+)? comments?\b",
        r"^(?:what do you think|have your say)\b.*\b(?:comments?|below|tell us)\b",
        r"^\d+ comments?$",
    ),
    in_sentences=True,
)
COPYRIGHT = Rule(
    "copyright",
    _any(
        r"^(?:copyright\s*(?:©|\(c\))?|©|\(c\))\s*(?:\d{4}\b|(?-i:[A-Z])[\w’'&-]+)",
        r"\ball rights reserved\b",
        r"\bmay not be (?:published|reproduced|copied|redistributed)\b.*\b(?:broadcast|rewritten"
        r"|redistributed|permission)\b",
        r"\s(?:©|\(c\))\s*\d{4}\b",
    ),
    in_sentences=True,
)
WIRE = Rule(
    "wire-note",
    _any(
        rf"\bcontributed (?:to (?:{_THIS}|this|reporting)\b|(?:additional )?reporting\b|from\b)",
        rf"^{_THIS} (?:is|was) (?:based|compiled|adapted|produced|provided|supplied|distributed"
        rf"|written|republished|reprinted|edited|translated)\b",
        rf"^{_THIS} (?:includes|contains|uses) (?:material|information|reporting|reports) (?:from|by)\b",
        r"^(?:the )?[\w’' ]{3,40} (?:was|were) first published (?:in|on|by|at)\b",
        rf"^{_THIS} (?:first|originally) appeared\b",
        r"^(?:originally|first) published (?:in|on|by|at)\b",
        r"^(?:with )?(?:additional |further )?(?:reporting|files|reports|agencies|input|information"
        r"|writing) (?:by|from)\b",
        r"^(?:reporting|writing) by\b.*\b(?:editing|writing|reporting) by\b",
        r"^(?:edited|editing) by\b",
        r"^with (?:agency|wire) (?:reports?|inputs?|services?)\b",
        r"^(?:the )?(?:associated press|ap|reuters|afp|agence france-presse|dpa|pa media"
        r"|press association|bloomberg|ansa|efe)\.?$",
        r"^(?:source|via)\s*:\s*(?-i:[A-Z])[\w .,&/-]{1,60}$",
    ),
)
CONTRIBUTED = Rule(
    "wire-note",
    _any(rf"^[^.!?]{{3,100}} contributed to (?:{_THIS}|this)\b"),
    in_sentences=True,
)
"""The one wire note that is also found at the end of a paragraph of prose."""
TIPS = Rule(
    "contact",
    _any(rf"^(?:please )?(?:e-?mail|send|submit|share)\b.*\b(?:tips?|ideas?|photos?|comments?|letters?)\b.*{_MAIL}"),
    in_sentences=True,
)
CONTACT = Rule(
    "contact",
    _any(
        r"\bcan be (?:reached|contacted|e-?mailed|followed) (?:at|on|via|by (?:e-?mail|phone|telephone|calling))\b",
        rf"^(?:contact|e-?mail|write to|reach|send (?:tips|letters|comments)|tips|questions)\b.*{_MAIL}",
        rf"^{_MAIL}$",
        rf"^[^.!?]{{0,60}}[:,|]\s*{_MAIL}\.?$",
        rf"^(?-i:{_NAME}) (?:is|covers|reports|writes)\b.*(?:{_MAIL}|@\w{{2,}})",
        rf"\b(?:e-?mail|contact)(?: \w+){{0,4}} (?:at|on|via)\b.{{0,20}}{_MAIL}",
        r"^(?:twitter|x|instagram|bluesky)\s*:\s*@\w+",
        r"^(?:follow )?@\w{2,}$",
    ),
)
BYLINE = Rule(
    "byline",
    _any(
        rf"^(?:By|BY|Words by|Story by|Text by|Von|Par|Por|Di)\s*:?\s+{_NAME}"
        rf"(?:(?:,| and| AND| &)\s+{_NAME})*(?:\s*[,|/•·–—-]\s*[\w .’',/|•·:–—-]{{2,80}})?\.?$",
        r"^By\s*[.,]?$",
        flags=re.NOFLAG,
    ),
)
PHOTO = Rule(
    "photo-credit",
    _any(
        r"^(?:photo(?:graph)?s?|picture|pictures|image|images|illustration|graphic|video|foto|file photo|cover photo)"
        r"(?: ?(?:credit|courtesy|source|copyright|caption)s?)?\s*(?::|/|\bby\b|\bcourtesy of\b)",
        r"^image (?:source|caption|copyright)\b",
        r"^(?:photo|image|picture) credit\b",
        r"^credits?\s*:",
        r"^(?:getty images|ap photo|afp|reuters|shutterstock|istock|alamy|epa|pa images|pa wire)\s*(?:[/|].{1,60})?$",
        r"^[^.!?]{1,60}/\s*(?:getty images|ap photo|ap|afp|reuters|shutterstock|epa|pa wire|bloomberg)\s*$",
        r"^\((?:photo|image|picture|ap photo|getty)\b[^)]*\)$",
    ),
)
DATE = Rule(
    "date",
    _any(
        rf"^(?:(?:last )?(?:updated|published|posted|modified|created|date)(?: on| at)?\s*:?\s*)?(?:{_WEEKDAY},?\s+)?"
        rf"(?:{_HOUR}\s*,?\s*)?{_DAY}{_HOUR}?\.?$",
        rf"^(?:published|updated|last updated|posted|created)\s*:?(?: on| at)?[\s.:,]*"
        rf"(?:{_HOUR}|{_DAY}|{_MONTH} \d{{1,2}})?"
        r"(?:[\s.:,|]|\d|[ap]\.?m\.?|[A-Z]{2,4}\b)*$",
        r"^\d+ (?:minutes?|mins?|hours?|days?) ago$",
        r"^\d+[ -]min(?:ute)?s? (?:read|listen)$",
    ),
)
CORRECTION = Rule(
    "correction",
    _any(
        r"^(?:correction|clarification|corrections and clarifications|corrected|retraction)s?"
        r"(?:\s*\([^)]{1,60}\)|,? [^:—–]{1,40})?\s*[:—–]",
        r"^an earlier version of (?:this|the) .{0,120}\b(?:incorrect|misstat|misspell|misidentif"
        r"|wrong|said|gave|stated|error|mistake|omitted)",
        rf"^{_THIS} (?:has been|was) (?:corrected|amended)\b",
    ),
    limit=LONGEST_NOTE,
    cautious=False,
)
NOTE = Rule(
    "editors-note",
    _any(
        r"^(?:editor[’']?s?[’']?|publisher[’']?s|author[’']?s) note\b",
        r"^note (?:to|for) (?:readers|editors)\s*[:—–]",
        rf"^{_THIS} has been updated\b",
        r"^disclosure\s*:",
        r"^(?:warning|content warning|trigger warning)\s*:\s*(?:this|contains|some|readers)\b",
    ),
    limit=LONGEST_NOTE,
    cautious=False,
)

DATA = Rule("data", re.compile(r"\{\s*\"@?\w+\"\s*:"), limit=20_000, cautious=False)
"""What a page says to machines (JSON-LD), taken for text by whoever exported it."""

RULES = (
    CORRECTION, NOTE, NEWSLETTER, VERSION, COMMENTS, COPYRIGHT, CONTRIBUTED, WIRE, TIPS, CONTACT, BYLINE, PHOTO, DATE,
    CALL_TO_ACTION,
)  # fmt: skip
"""In the order they are asked; notes come first, because they must survive whatever else they mention."""

_BY = re.compile(r"^(?:By|BY|Words by|Story by|Text by|Von|Par|Por|Di)\s*:?\s+")
_ROLE = re.compile(
    r",\s+[^,]*\b(?:writers?|reporters?|correspondents?|editors?|staff|press|reuters|contributors?|columnists?)$", re.I
)
_REACHED = re.compile(
    rf"^({_NAME}(?:(?:,| and| &)\s+{_NAME})*)(?:,[^,]{{2,60}},)? (?:can be|is|covers|reports|writes)\b"
)


def name_in_byline(line: str) -> str:
    """Return who a byline names, without "By" and without what follows the names ("Staff writer", a date)."""
    names = _BY.sub("", line).strip(" .")
    names = _ROLE.sub("", names)
    return re.split(r"\s*[|/•·–—]\s*|\s+-\s+|,\s+(?!" + _NAME + r"(?:,|$| and ))", names)[0].strip(" ,")


def name_in_contact(line: str) -> str:
    """Return who a contact line is about ("Ann Lee can be reached at …"), or nothing."""
    match = _REACHED.match(line)
    return match[1] if match else ""
