"""The settings about readers: how sign-ups are taken, and what is forgotten when."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from digest.settings.values import Span, Strict
from subscribers import Policy, Retention


class SignUpSettings(Strict):
    """How sign-ups on the web are taken: limits an hour, which addresses, which mails follow, what is kept."""

    per_ip: int = Field(default=20, ge=1)
    per_address: int = Field(default=3, ge=1)
    per_domain: int = Field(default=60, ge=1)
    overall: int = Field(default=1000, ge=1)
    disposable: bool = False
    roles: bool = True
    refused_domains: tuple[str, ...] = ()
    welcome: bool = True
    goodbye: bool = False
    keep_ip: bool = True
    api_key_env: str = ""
    api_key_file: Path | None = None

    @property
    def policy(self) -> Policy:
        """Return the limits and the judgement of addresses."""
        return Policy(
            per_ip=self.per_ip,
            per_address=self.per_address,
            per_domain=self.per_domain,
            overall=self.overall,
            disposable=self.disposable,
            roles=self.roles,
            refused_domains=frozenset(domain.lower() for domain in self.refused_domains),
        )


class RetentionSettings(Strict):
    """How long what may be forgotten is kept; without a span it is kept."""

    ended: Span | None = None
    ip: Span | None = None

    @property
    def rules(self) -> Retention:
        """Return what housekeeping goes by."""
        return Retention(ended=self.ended, ip=self.ip)
