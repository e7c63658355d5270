"""Read a mail address, say what is wrong with it, and give the key two spellings of one mailbox share.

A fast path takes plain ASCII addresses; everything else goes to email-validator, and the two agree. No DNS is asked:
that belongs to a sign-up, never to an import or a send.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

from email_validator import EmailNotValidError, EmailSyntaxError, validate_email

from subscribers.errors import BadAddress

MAX_LOCAL_OCTETS = 64
"""RFC 5321 section 4.5.3.1.1."""

MAX_ADDRESS_LENGTH = 254
"""RFC 5321 section 4.5.3.1.3: a path of 256 octets less its angle brackets."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)\Z")
_ANGLED = re.compile(r"\s*(.*?)\s*<([^<>]*)>\s*\Z", re.DOTALL)
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. ``written`` keeps the local part's case; ``wire`` has the domain as A-labels (RFC 5890).

    ``key`` is what addresses are compared by: local part case-folded, domain as lower-case A-labels. Dots and plus
    tags count: only the receiver's own server may say that they do not. ``needs_smtputf8`` (RFC 6531) says that the
    local part is not ASCII, so that only some servers can take it.
    """

    written: str
    wire: str
    key: str
    needs_smtputf8: bool = False

    @property
    def domain(self) -> str:
        """Return the domain as lower-case A-labels."""
        return self.wire.rpartition("@")[2]


def parse_address(text: str) -> Address:
    """Read one bare address, nothing round it; raises BadAddress with the reason in words."""
    match = _PLAIN.match(text)
    if match is not None and len(text) <= MAX_ADDRESS_LENGTH and len(match[1]) <= MAX_LOCAL_OCTETS:
        domain = match[2].lower()
        if _is_plain_domain(domain):
            written = f"{match[1]}@{domain}"
            return Address(written, written, f"{match[1].lower()}@{domain}")
    return _parse_slowly(text)


def parse_plain(texts: Sequence[str]) -> list[tuple[str, str] | None]:
    """Return what is written and the key of every plain address, as ``parse_address`` gives them; None for the others.

    Nothing is written where that is the key. None is no judgement: such a text has to be read by ``parse_address``.
    """
    judged: dict[str, bool] = {}
    found: list[tuple[str, str] | None] = []
    for text, match in zip(texts, map(_PLAIN.match, texts), strict=True):
        if match is None or len(text) > MAX_ADDRESS_LENGTH:
            found.append(None)
            continue
        place = match.start(2)
        domain = text[place:]
        is_plain = judged.get(domain)
        if is_plain is None:
            is_plain = judged[domain] = _is_plain_domain(domain.lower())
        if not is_plain or place > MAX_LOCAL_OCTETS + 1:
            found.append(None)
            continue
        key = text.lower()
        found.append(("" if key == text else text[:place] + key[place:], key))
    return found


def split_name(text: str) -> tuple[str, str]:
    """Part ``Name <address>`` or ``mailto:address`` into name (perhaps empty) and address, unchecked."""
    match = _ANGLED.match(text)
    name, address = (match[1].strip('"').strip(), match[2]) if match else ("", text)
    address = address.strip()
    if _MAILTO.match(address):
        address = address[len("mailto:") :].partition("?")[0]
    return name, address


def masked(address: str) -> str:
    """Show an address so that its owner knows it and nobody else learns it: ``a•••@e•••.org``."""
    local, _, domain = address.rpartition("@")
    name, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{top}"


@lru_cache(maxsize=10_000)
def _is_plain_domain(domain: str) -> bool:
    """Judge a lower-case ASCII domain once: a list's readers share few domains and the judgement is slow."""
    if "xn--" in domain:
        return False
    try:
        _validate(f"a@{domain}")
    except BadAddress:
        return False
    return True


def _parse_slowly(text: str) -> Address:
    if not text:
        raise BadAddress("There is no address.", "no address")
    if text.count("@") > 1 and re.search(r"[,;\s]", text):
        raise BadAddress(f"{text!r} holds more than one address.", "more than one address")
    written, wire_domain, local = _validate(text)
    local = normalize("NFC", local)
    if len(local.encode()) > MAX_LOCAL_OCTETS:
        reason = f"the part before the @ is longer than {MAX_LOCAL_OCTETS} octets"
        raise BadAddress(f"{text!r} is not a mail address: {reason}.", reason)
    key = f"{normalize('NFC', local.casefold())}@{wire_domain}"
    return Address(written, f"{local}@{wire_domain}", key, needs_smtputf8=not local.isascii())


def _validate(text: str) -> tuple[str, str, str]:
    """Return the address normalised, its domain as A-labels and its local part; raises BadAddress."""
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailSyntaxError as error:
        reason = str(error).rstrip(".")
        raise BadAddress(f"{text!r} is not a mail address: {reason}.", reason) from error
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise BadAddress(f"{text!r} cannot receive mail: {reason}.", reason) from error
    return found.normalized, found.ascii_domain.lower(), found.local_part
