"""Signs mail with DKIM: RSA-2048 (RFC 6376) and Ed25519 (RFC 8463), one of them or both.

Headers are canonicalised ``relaxed`` (relays fold them anew), the body ``simple``: it is 7-bit quoted-printable whose
bytes nobody has reason to touch, and it need not be walked. Signing frees the interpreter's lock, so threads sign
ahead of the connections. Knows no settings and no network.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from digest.errors import SettingsError
from digest.model import Outgoing, Pieces

RSA_BITS = 2048
"""Receivers must verify up to 2048 bits (RFC 8301 §3.2), and a longer key overflows one DNS string."""

LEAST_RSA_BITS = 1024
"""Shorter keys must be treated as no signature (RFC 8301 §3.2)."""

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "list-id", "list-unsubscribe"),
    *("list-unsubscribe-post", "feedback-id", "mime-version", "content-type", "content-transfer-encoding"),
)
"""The header lines signed where they stand. RFC 8058 §4 demands both unsubscribe lines among them."""

OVERSIGNED = ("from", "to", "subject", "date", "reply-to", "list-unsubscribe", "list-unsubscribe-post")
"""Named once more than they stand, so that nobody adds another on the way (RFC 6376 §8.15)."""

_AHEAD = 4
"""How many messages a thread may be ahead: enough to keep it busy, few enough to keep memory flat."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)\r\n")
_BLANKS = re.compile(rb"[ \t]+")
_HASH = hashes.SHA256()
_PREHASHED = Prehashed(_HASH)


@dataclass(frozen=True, slots=True)
class DkimKey:
    """One key: the domain it speaks for, the selector its public half is published under, and the key."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """Return the name of the algorithm as the signature and the DNS record write it."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a SHA-256; Ed25519 signs the hash as its message (RFC 8463 §3)."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(digest, PKCS1v15(), _PREHASHED)
        return self.key.sign(digest)


def load_key(domain: str, selector: str, pem: bytes, *, named: str) -> DkimKey:
    """Read a private key (PEM, no passphrase); ``named`` says in errors where it came from. Raises SettingsError."""
    for what, value in (("domain", domain), ("selector", selector)):
        if not _NAME.match(value):
            raise SettingsError(f"dkim.{what} is {value!r}, which is no DNS name.")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(
            f"The DKIM key {named} cannot be read: it must be a private key in PEM without a passphrase. Make one "
            f"with `digest dkim keygen --domain {domain} --selector {selector}`."
        ) from error
    if isinstance(key, RSAPrivateKey):
        if key.key_size < LEAST_RSA_BITS:
            raise SettingsError(f"The DKIM key {named} has {key.key_size} bits; receivers ignore under 1024.")
    elif not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"The DKIM key {named} is neither RSA nor Ed25519.")
    return DkimKey(domain.lower(), selector, key)


def make_key(kind: str) -> tuple[bytes, RSAPrivateKey | Ed25519PrivateKey]:
    """Return a new private key of kind ``rsa`` or ``ed25519``, as PEM and as it is."""
    key = Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(65537, RSA_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, key


def dns_record(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """Return the text of the TXT record that publishes a key: ``v=DKIM1; k=…; p=…``."""
    if isinstance(key, RSAPrivateKey):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = key.public_key().public_bytes(serialization.Encoding.DER, form)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode('ascii')}"
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode('ascii')}"


def sign(keys: Sequence[DkimKey], message: bytes) -> bytes:
    """Return the DKIM-Signature lines to put before a message in CRLF lines, one a key.

    Raises ValueError when the message has no head.
    """
    head, gap, body = message.partition(b"\r\n\r\n")
    if not gap:
        raise ValueError("the message has no empty line after its head")
    body_hash = base64.b64encode(hashlib.sha256(_simple(body)).digest())
    names, hashed = _covered(head + b"\r\n")
    return b"".join(_signature(key, names, hashed, body_hash) for key in keys)


def signed(
    messages: Iterable[Outgoing], keys: Sequence[DkimKey], pool: ThreadPoolExecutor, workers: int
) -> Iterator[Outgoing]:
    """Yield every message with its signatures, in order, while the pool's threads sign the next few."""
    ahead: deque[tuple[Outgoing, Future[bytes]]] = deque()
    for message in messages:
        ahead.append((message, pool.submit(sign, keys, _whole(message))))
        if len(ahead) >= workers * _AHEAD:
            yield _with(*ahead.popleft())
    while ahead:
        yield _with(*ahead.popleft())


def _whole(message: Outgoing) -> bytes:
    if not isinstance(message.content, (bytes, Pieces)):
        raise ValueError("only whole messages can be signed")
    return bytes(message.content)


def _with(message: Outgoing, lines: Future[bytes]) -> Outgoing:
    content = message.content
    pieces = content if isinstance(content, Pieces) else [bytes(content)] if isinstance(content, bytes) else []
    return message._replace(content=Pieces([lines.result(), *pieces]))


def _simple(body: bytes) -> bytes:
    """Return the body with exactly one line end at its end (RFC 6376 §3.4.3)."""
    if body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n"):
        return body
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def _covered(head: bytes) -> tuple[bytes, bytes]:
    """Return the ``h=`` list and the canonical lines it covers, each header from the last upwards (§5.4.2)."""
    lines: dict[bytes, list[bytes]] = {}
    for found in _FIELD.finditer(head):
        name = found[1].lower()
        lines.setdefault(name, []).append(_relaxed(found[0]))
    names: list[bytes] = []
    chosen: list[bytes] = []
    for name in _SIGNED_BYTES:
        standing = lines.get(name, [])
        chosen += reversed(standing)
        names += [name] * (len(standing) + (name in _OVERSIGNED_BYTES))
    return b":".join(names), b"".join(chosen)


# Most lines are the same in every mail of an edition, so their canonical form is remembered.
@lru_cache(maxsize=2048)
def _relaxed(line: bytes) -> bytes:
    """Return a header line in relaxed form (RFC 6376 §3.4.2)."""
    name, _, value = line.partition(b":")
    return name.strip().lower() + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip() + b"\r\n"


def _signature(key: DkimKey, names: bytes, hashed: bytes, body_hash: bytes) -> bytes:
    start = b"DKIM-Signature: v=1; a=%b; c=relaxed/simple;\r\n d=%b; s=%b;\r\n h=%b;\r\n bh=%b;\r\n b=" % (
        key.algorithm.encode(),
        key.domain.encode(),
        key.selector.encode(),
        _folded(names),
        body_hash,
    )
    # The signature's own line is hashed last, with an empty b= and no line end (§3.7).
    digest = hashlib.sha256(hashed + _relaxed_once(start)).digest()
    written = base64.b64encode(key.sign_digest(digest))
    rows = [written[at : at + 72] for at in range(0, len(written), 72)]
    return start + b"\r\n ".join(rows) + b"\r\n"


def _relaxed_once(line: bytes) -> bytes:
    return _relaxed.__wrapped__(line)[:-2]


@lru_cache(maxsize=64)
def _folded(names: bytes) -> bytes:
    """Fold the list of header names at its colons, where blanks mean nothing (§3.5)."""
    rows, row = [], b""
    for name in names.split(b":"):
        if len(row) + len(name) > 72:
            rows.append(row)
            row = b""
        row += name + b":"
    rows.append(row)
    return b"\r\n ".join(rows).rstrip(b":")


_SIGNED_BYTES = tuple(name.encode("ascii") for name in SIGNED)
_OVERSIGNED_BYTES = frozenset(name.encode("ascii") for name in OVERSIGNED)
