"""``digest dkim keygen``: makes a signing key and says what to publish and what to write into the settings."""

from __future__ import annotations

import os
from pathlib import Path

from digest.cli.opening import emit, say
from digest.errors import UsageError
from digest.send.dkim import dns_record, load_key, make_key

_DNS_STRING = 255
"""One string of a TXT record holds so many characters (RFC 1035 §3.3); longer texts are written as several."""


def keygen(domain: str, selector: str, kind: str, out: Path | None, *, as_json: bool) -> int:
    """Write a new private key, readable by its owner alone, and print its DNS record. Never overwrites a key."""
    if kind not in ("rsa", "ed25519"):
        raise UsageError(f"--kind is {kind!r}; allowed are rsa (every receiver reads it) and ed25519 (fewer do).")
    path = out or Path(f"dkim-{selector}.pem")
    pem, key = make_key(kind)
    load_key(domain, selector, pem, named=str(path))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already; a key is never overwritten. Choose another --out.") from error
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.") from error
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    name, record = f"{selector}._domainkey.{domain}", dns_record(key)
    if as_json:
        emit({"file": str(path), "kind": kind, "name": name, "type": "TXT", "record": record})
        return 0
    say(f"The private key is in {path}. Publish this TXT record:")
    say(f"  {name}. IN TXT ( {' '.join(_strings(record))} )")
    say("Then name the key under [transport] in digest.toml:")
    say(f'  dkim = {{ domain = "{domain}", selector = "{selector}", key_file = "{path}" }}')
    return 0


def _strings(record: str) -> list[str]:
    return [f'"{record[at : at + _DNS_STRING]}"' for at in range(0, len(record), _DNS_STRING)]
