"""Read a mail address, say what is wrong with it, and give the key two spellings of one mailbox share.

A fast path takes plain ASCII addresses; everything else goes to email-validator, and the two agree. No DNS is asked:
that belongs to a sign-up, never to an import or a send.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters, digits
from typing import NamedTuple
from unicodedata import normalize

from email_validator import EmailNotValidError, EmailSyntaxError, validate_email

from subscribers.errors import BadAddress

MAX_LOCAL_OCTETS = 64
"""RFC 5321 section 4.5.3.1.1."""

MAX_ADDRESS_LENGTH = 254
"""RFC 5321 section 4.5.3.1.3: a path of 256 octets less its angle brackets."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)\Z")
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")
_DOMAIN = re.compile(r"[a-z0-9.-]+\Z")
_ATOM_LETTERS = f"{ascii_letters}{digits}!#$%&'*+/=?^_`{{|}}~-.\n".encode()
_FEW = 16
"""How many local parts are looked at one by one."""
_NO_SIGN = "An email address must have an @-sign"
_LOST = "a character of it was lost when it was read"
"""U+FFFD stands where bytes were no character (Unicode 5.22): whoever wrote the address did not write that."""

_ANGLED = re.compile(r"\s*(.*?)\s*<([^<>]*)>\s*\Z", re.DOTALL)
_AN_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
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


class PlainAddresses(NamedTuple):
    """Many addresses read at once, each at the place of its text. ``written`` is empty where it is the key.

    ``odd`` are the places of texts that are not plain. That is no judgement: they have to be read by
    ``parse_address``, and what stands in their places means nothing.
    """

    keys: list[str]
    written: list[str]
    odd: set[int]


def parse_plain(texts: Sequence[str]) -> PlainAddresses:
    """Read plain addresses as ``parse_address`` does, in a tenth of the time: what it asks of each is asked of all."""
    if not texts:
        return PlainAddresses([], [], set())
    together = "\n".join(texts)
    if together.count("\n") >= len(texts) or not together.isascii():
        # A letter that is not ASCII may turn into one that is when it is made small.
        together = "\n".join([text if text.isascii() and "\n" not in text else "" for text in texts])
    keys = together.lower().split("\n")
    odd = _odd_keys(keys)
    if together.islower():
        return PlainAddresses(keys, [""] * len(keys), odd)
    pairs = zip(together.split("\n"), keys, strict=True)
    return PlainAddresses(keys, ["" if text == key else _with_domain(text, key) for text, key in pairs], odd)


def _odd_keys(keys: Sequence[str]) -> set[int]:
    """Return the places of those that are not one local part and one domain, both plain and short enough."""
    halved = [place for place, key in enumerate(keys) if key.count("@") == 1]
    odd = set(range(len(keys))).difference(halved) if len(halved) < len(keys) else set[int]()
    # Local part, domain and a mark by turns, because each of these has one sign.
    pieces = "\n".join([keys[place] for place in halved]).replace("\n", "@\n@").split("@") if halved else []
    parts, domains = pieces[0::3], pieces[1::3]
    odd.update(_odd_locals(parts, halved))
    bad = {domain for domain in set(domains) if not _is_plain_domain(domain)}
    if bad:
        odd.update(place for place, domain in zip(halved, domains, strict=True) if domain in bad)
    if max(map(len, keys), default=0) > MAX_LOCAL_OCTETS:
        odd.update(place for place, key in enumerate(keys) if len(key) > MAX_ADDRESS_LENGTH)
        odd.update(place for place, part in zip(halved, parts, strict=True) if len(part) > MAX_LOCAL_OCTETS)
    return odd


def _odd_locals(parts: Sequence[str], places: Sequence[int]) -> list[int]:
    """Return the places of local parts that are no atoms with single dots between them, found by halving."""
    if _are_dotted_atoms("\n".join(parts)):
        return []
    if len(parts) <= _FEW:
        return [place for part, place in zip(parts, places, strict=True) if not _LOCAL.match(part)]
    half = len(parts) // 2
    return _odd_locals(parts[:half], places[:half]) + _odd_locals(parts[half:], places[half:])


def _are_dotted_atoms(lines: str) -> bool:
    framed = f"\n{lines}\n"
    if ".." in framed or "\n." in framed or ".\n" in framed or "\n\n" in framed:
        return False
    return not framed.encode().translate(None, _ATOM_LETTERS)


def _with_domain(text: str, key: str) -> str:
    """Return an address with its domain in small letters, as its key has it; nothing when that is the key."""
    place = text.find("@")
    written = text[:place] + key[place:]
    return "" if written == key else written


def split_name(text: str) -> tuple[str, str]:
    """Part ``Name <address>`` or ``mailto:address`` into name (perhaps empty) and address, unchecked.

    Where the name is the address again there is none; where it is another address, the text stays whole.
    """
    match = _ANGLED.match(text)
    name, address = (match[1].strip('"').strip(), match[2].strip()) if match else ("", text.strip())
    if _AN_ADDRESS.search(name):
        name, address = ("", address) if name.strip("'").lower() == address.lower() else ("", text.strip())
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
    if "xn--" in domain or not _DOMAIN.match(domain):
        return False
    try:
        _validate(f"a@{domain}")
    except BadAddress:
        return False
    return True


def _parse_slowly(text: str) -> Address:
    if not text:
        raise BadAddress("There is no address.", "no address")
    if "@" not in text:
        # As email-validator says it, which takes its time: what is no address at all most often has no @.
        raise BadAddress(f"{text!r} is not a mail address: {_NO_SIGN}.", _NO_SIGN)
    if "\ufffd" in text:
        raise BadAddress(f"{text!r} is not a mail address: {_LOST}.", _LOST)
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
