"""Short signed links that need no table: who, which list, what for, and until when.

A token is a few packed bytes and a 128-bit MAC (keyed BLAKE2s, RFC 7693 §2.9). It carries no address, is not used up
by use, and verifies for one purpose alone. Layout before the MAC: format and purpose (1 byte), key number (1 byte),
then up to four variable-length numbers — subscriber, list, subject, expiry in minutes since 2020 — with trailing zeros
left out. An unsubscribe link must fit in one header line unencoded, which leaves 35 characters for the token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as DecodingError
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from subscribers.errors import BadToken

MAC_BYTES = 16
KEY_BYTES = 32
_FORMAT = 1
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_MAX_TOKEN_LENGTH = 120
_HASH_BYTES = 16

# SHA-256's block and the two pads of HMAC (RFC 2104 §2), as tables of translation.
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(IntEnum):
    """What a token is good for; a token for one purpose never verifies for another."""

    UNSUBSCRIBE = 1
    MANAGE = 2
    CONFIRM = 3
    VIEW = 4
    BOUNCE = 5
    EDITOR = 6
    FORM = 7
    DATA = 8


_PURPOSES = frozenset(Purpose)


@dataclass(frozen=True, slots=True)
class Token:
    """What a verified token says. ``list_number`` is ``List.number``; ``subject`` depends on the purpose."""

    purpose: Purpose
    subscriber_id: int
    list_number: int
    subject: int = 0
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The secrets: one key that hashes suppressed addresses and never changes, and numbered keys that sign tokens.

    The highest number signs; all of them verify, so that a link in an old mail works after a rotation.
    """

    suppression_key: bytes = field(repr=False)
    token_keys: Mapping[int, bytes] = field(repr=False)
    current: int

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read the one-line form ``SUPPRESSIONHEX;1:HEX;2:HEX``; raises ValueError without repeating any of it."""
        first, *others = text.strip().split(";")
        try:
            suppression_key = bytes.fromhex(first)
            pairs = (other.split(":") for other in others)
            token_keys = {int(number): bytes.fromhex(key) for number, key in pairs}
        except ValueError:
            raise ValueError("The secret is not of the form SUPPRESSIONHEX;1:HEX;2:HEX.") from None
        return cls._checked(suppression_key, token_keys)

    @classmethod
    def generate(cls, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> KeyRing:
        """Make a ring of new keys; ``random_bytes`` gives that many unguessable bytes."""
        return cls(random_bytes(KEY_BYTES), {1: random_bytes(KEY_BYTES)}, 1)

    @classmethod
    def _checked(cls, suppression_key: bytes, token_keys: Mapping[int, bytes]) -> KeyRing:
        if not token_keys or not all(0 < number < 256 for number in token_keys):
            raise ValueError("The secret needs at least one token key, numbered from 1 to 255.")
        if min(len(key) for key in (suppression_key, *token_keys.values())) < MAC_BYTES:
            raise ValueError(f"Every key of the secret needs at least {MAC_BYTES} bytes.")
        return cls(suppression_key, token_keys, max(token_keys))

    def format(self) -> str:
        """Write the one-line form that ``parse`` reads."""
        keys = (f"{number}:{key.hex()}" for number, key in sorted(self.token_keys.items()))
        return ";".join((self.suppression_key.hex(), *keys))

    def rotated(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> KeyRing:
        """Return a ring with one more token key, which signs from now on; raises ValueError after the 255th."""
        keys = {**self.token_keys, self.current + 1: random_bytes(KEY_BYTES)}
        return self._checked(self.suppression_key, keys)

    @property
    def fingerprint(self) -> str:
        """Name the suppression key without telling it: a database remembers which one its hashes were made with."""
        return hmac.digest(self.suppression_key, b"fingerprint", "sha256")[:8].hex()

    def hash_address(self, key: str) -> str:
        """Return the keyed hash (128 bits, hex) by which an address is known after it was erased.

        ``key`` is ``Address.key``. Without the suppression key the hash cannot be tried against guessed addresses.
        """
        return hmac.digest(self.suppression_key, b"address\0" + key.encode(), "sha256")[:_HASH_BYTES].hex()

    def hash_addresses(self, keys: Iterable[str]) -> list[str]:
        """Return what ``hash_address`` gives for each, in a third of the time: the key is hashed once for all."""
        start, end = _pads(self.suppression_key, b"address\0")
        hashes = []
        for key in keys:
            inner, outer = start.copy(), end.copy()
            inner.update(key.encode())
            outer.update(inner.digest())
            hashes.append(outer.hexdigest()[: _HASH_BYTES * 2])
        return hashes


def sign(
    keys: KeyRing,
    purpose: Purpose,
    *,
    subscriber_id: int,
    list_number: int,
    subject: int = 0,
    expires: datetime | None = None,
    fold_safe: bool = False,
) -> str:
    """Make a token; ``fold_safe`` writes it in lower-case letters and digits for use in a mail address.

    Base64url, at most 35 characters without subject and expiry for two thousand million subscribers and two million
    lists. A token for ``Purpose.BOUNCE`` is always fold-safe, because relays may change the case of a local part.
    """
    until = 0 if expires is None else _minutes(expires)
    numbers = _packed((subscriber_id, list_number, subject, until))
    payload = bytes(((_FORMAT << 4) | purpose, keys.current)) + numbers
    raw = payload + _mac(keys.token_keys[keys.current], payload)
    if fold_safe or purpose is Purpose.BOUNCE:
        return b32encode(raw).decode().rstrip("=").lower()
    return urlsafe_b64encode(raw).decode().rstrip("=")


class Signer:
    """Makes many links of one list with one key: what does not differ between readers is made ready once.

    ``subjects`` names the purposes and the subject each link carries, ``expires`` when those links are over that end.
    The tokens equal those of ``sign``.
    """

    __slots__ = ("_heads", "_start")

    def __init__(
        self,
        keys: KeyRing,
        *,
        list_number: int,
        subjects: Mapping[Purpose, int],
        expires: Mapping[Purpose, datetime] | None = None,
    ) -> None:
        self._start = _keyed(keys.token_keys[keys.current])
        self._heads: list[tuple[bytes, bytes]] = []
        for purpose, subject in subjects.items():
            over = (expires or {}).get(purpose)
            # The reader's number stands between head and tail, and trailing zeros are left out of the whole.
            tail = _without_end((list_number, subject, _minutes(over) if over else 0))
            self._heads.append((bytes(((_FORMAT << 4) | purpose, keys.current)), tail))

    def tokens(self, subscriber_id: int) -> list[bytes]:
        """Return one reader's tokens as ASCII, in the order of the purposes."""
        made = []
        number = _varint(subscriber_id)
        start = self._start
        for head, tail in self._heads:
            payload = head + number + tail
            mac = start.copy()
            mac.update(payload)
            made.append(b2a_base64(payload + mac.digest(), newline=False).translate(_URL_SAFE).rstrip(b"="))
        return made


def _pads(key: bytes, start: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Return the two halves of an HMAC-SHA-256 with its key taken in, and the first bytes of every message."""
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER) + start), hashlib.sha256(block.translate(_OUTER))


def verify(keys: KeyRing, purpose: Purpose, token: str, *, now: datetime) -> Token:
    """Return what the token says; raises BadToken when it is altered, for another purpose, or over.

    Both spellings of ``sign`` are read; in the fold-safe one the case of letters does not count.
    """
    for raw in _decodings(token):
        found = _opened(keys, raw)
        if found is not None:
            return _for_purpose(found, purpose, now)
    raise BadToken("The link is not complete or was altered: open it again from the mail it came in.", "altered")


def _for_purpose(token: Token, purpose: Purpose, now: datetime) -> Token:
    if token.purpose is not purpose:
        raise BadToken("The link is for something else.", "other purpose")
    if token.expires is not None and now > token.expires:
        raise BadToken("The link is over: ask for a new one.", "over")
    return token


def _opened(keys: KeyRing, raw: bytes) -> Token | None:
    payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(payload) < 3 or payload[0] >> 4 != _FORMAT:
        return None
    key = keys.token_keys.get(payload[1])
    if key is None or not hmac.compare_digest(mac, _mac(key, payload)):
        return None
    if payload[0] & 15 not in _PURPOSES:
        return None
    subscriber_id, list_number, subject, until = _unpacked(payload[2:])
    expires = _EPOCH + timedelta(minutes=until) if until else None
    return Token(Purpose(payload[0] & 15), subscriber_id, list_number, subject, expires)


def _decodings(token: str) -> list[bytes]:
    """Return the bytes a token may stand for; none unless it is written exactly as ``sign`` would write it."""
    if len(token) > _MAX_TOKEN_LENGTH or not token.isascii():
        return []
    found = []
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        # Spare bits of the last letter would give one token several spellings.
        if urlsafe_b64encode(raw).decode().rstrip("=") == token:
            found.append(raw)
    except DecodingError:
        pass
    try:
        raw = b32decode(token.upper() + "=" * (-len(token) % 8))
        if b32encode(raw).decode().rstrip("=") == token.upper():
            found.append(raw)
    except DecodingError:
        pass
    return found


def _mac(key: bytes, payload: bytes) -> bytes:
    mac = _keyed(key)
    mac.update(payload)
    return mac.digest()


def _keyed(key: bytes) -> hashlib.blake2s:
    """Return a MAC with its key taken in, to be copied: half the work of HMAC, and a key of up to 32 bytes."""
    short = key if len(key) <= hashlib.blake2s.MAX_KEY_SIZE else hashlib.sha256(key).digest()
    return hashlib.blake2s(key=short, digest_size=MAC_BYTES, person=b"token")


def _minutes(moment: datetime) -> int:
    """Count whole minutes since 2020, rounded up: a token never ends before it was promised to."""
    return max(1, -int((_EPOCH - moment).total_seconds() // 60))


def _packed(numbers: tuple[int, ...]) -> bytes:
    """Write numbers seven bits a byte, the high bit set on all but the last byte of each; no trailing zeros."""
    return _without_end(numbers) or b"\0"


def _without_end(numbers: Iterable[int]) -> bytes:
    kept = list(numbers)
    while kept and kept[-1] == 0:
        kept.pop()
    return b"".join(map(_varint, kept))


def _varint(number: int) -> bytes:
    if number < 0:
        raise ValueError(f"{number} cannot stand in a token")
    if number < 0x80:
        return bytes((number,))
    if number < 0x20_0000:
        # Nearly all numbers of subscribers, written without a loop.
        low, middle, high = number & 127 | 128, number >> 7 & 127, number >> 14
        return bytes((low, middle | 128, high)) if high else bytes((low, middle))
    packed = bytearray()
    while number > 127:
        packed.append(number & 127 | 128)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def _unpacked(packed: bytes) -> list[int]:
    """Read what ``_packed`` wrote; the bytes come from us, since their MAC was verified."""
    numbers, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number, shift = 0, 0
    return numbers + [0] * (4 - len(numbers))
