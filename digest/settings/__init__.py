"""Reads ``digest.toml`` into frozen settings; every mistake names the file, the key and what is allowed.

Secrets never stand in the file: a key ``NAME_env`` or ``NAME_file`` says where one is, and ``secret`` fetches it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from digest.errors import SettingsError
from digest.model import Rights
from digest.settings.duties import AlertSettings, ReviewSettings
from digest.settings.mail import LintSettings, MailSettings, RenderSettings
from digest.settings.reading import RetentionSettings, SignUpSettings
from digest.settings.transport import TransportSettings
from digest.settings.values import (
    WEEKDAYS,
    ClockTime,
    Day,
    Host,
    Name,
    Port,
    SegmentRule,
    Sender,
    Span,
    Strict,
    WebBase,
    WebUrl,
    Zone,
)
from subscribers import KeyRing, Rule, parse_rule

__all__ = ["WEEKDAYS", "TransportSettings"]

SECRETS_FILE = "digest.secrets"


class SiteSettings(Strict):
    """The paper: its name, the public base of its pages, and the postal address printed in every mail."""

    name: str = Field(min_length=1)
    url: WebBase
    address: str = Field(min_length=1)


class DatabaseSettings(Strict):
    """Where everything is kept; a relative SQLite path is relative to the settings file."""

    url: str = "sqlite:///digest.db"


class SourceSettings(Strict):
    """Where stories come from. ``sections`` maps the source's own tags to section ids."""

    name: Name
    kind: Literal["folder", "feed"]
    path: Path | None = None
    url: WebUrl = ""
    rights: Rights = Rights.OWN
    language: str = ""
    timezone: Zone = "UTC"
    section: str = ""
    sections: Mapping[str, str] = Field(default_factory=dict)
    allow_private: bool = False
    max_items: int = Field(default=500, ge=1)

    @model_validator(mode="after")
    def _has_a_place(self) -> SourceSettings:
        if self.kind == "folder" and self.path is None:
            raise ValueError('a folder source needs path = "…"')
        if self.kind == "feed" and not self.url:
            raise ValueError('a feed source needs url = "https://…"')
        return self


class SectionSettings(Strict):
    """A section of a newsletter, in print order. ``tags`` send a story here by its own tags.

    ``max_per_source`` and ``max_per_author`` hold back whoever would fill it alone; 0 is no such quota.
    """

    id: Name
    title: str = Field(min_length=1)
    description: str = ""
    max_items: int = Field(default=5, ge=1, le=50)
    max_per_source: int = Field(default=0, ge=0, le=50)
    max_per_author: int = Field(default=0, ge=0, le=50)
    tags: tuple[str, ...] = ()


class LinkSettings(Strict):
    """What is added to links of stories; never to links that leave or manage a subscription."""

    utm: Mapping[str, str] = Field(default_factory=dict)


class SlotSettings(Strict):
    """Editions apart from the day's own, like breaking news, for a list of those who asked for them."""

    id: Name
    title: str = Field(min_length=1)
    list: Name

    @model_validator(mode="after")
    def _is_no_slot_of_ours(self) -> SlotSettings:
        if self.id == "main" or self.id.startswith("correction-"):
            raise ValueError(f"the slot {self.id!r} is the program's own: choose another id, like breaking")
        return self


class NewsletterSettings(Strict):
    """One newsletter: who it goes to, when, from which stories and in which dress."""

    id: Name
    name: str = Field(min_length=1)
    sender: Sender = Field(alias="from")
    list: Name
    segment: SegmentRule = ""
    timezone: Zone = "UTC"
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    time: ClockTime = time(6, 30)
    not_after: ClockTime | None = None
    skip_dates: tuple[date, ...] = ()
    holidays: tuple[str, ...] = ()
    alarm_at: ClockTime | None = None
    minimum_score: float = Field(default=0.0, ge=0)
    on_kill: Literal["stop", "flag"] = "stop"
    review: ReviewSettings = ReviewSettings()
    theme: Name = "broadsheet"
    language: str = "en"
    tagline: str = ""
    minimum_stories: int = Field(default=1, ge=0)
    sources: tuple[Name, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    order: Literal["priority", "source", "recency"] = "priority"
    top: int = Field(default=25, ge=1, le=100)
    briefs: int = Field(default=6, ge=0, le=30)
    max_per_source: int = Field(default=0, ge=0, le=100)
    max_per_author: int = Field(default=0, ge=0, le=100)
    max_age: Span = timedelta(days=4)
    blurb: Literal["summary", "standfirst"] = "summary"
    blurb_sentences: int = Field(default=2, ge=1, le=6)
    blurb_words: int = Field(default=60, ge=15, le=250)
    blurb_pooled: bool = False
    summarizer: Literal["linear", "lead", "endpoint"] = "linear"
    subject: str = ""
    preheader: str = ""
    proofs: tuple[Sender, ...] = ()
    links: LinkSettings = LinkSettings()
    sections: tuple[SectionSettings, ...] = ()
    slots: tuple[SlotSettings, ...] = ()
    transport: TransportSettings | None = None

    @property
    def lists(self) -> tuple[tuple[str, str], ...]:
        """Return the lists its editions go to with their titles: its own, then one for each slot of its own."""
        return ((self.list, self.name), *((slot.list, slot.title) for slot in self.slots))

    def for_slot(self, slot: str) -> NewsletterSettings:
        """Return the settings of one slot's editions: these, with that slot's list if it has one of its own."""
        own = next((each.list for each in self.slots if each.id == slot), self.list)
        return self if own == self.list else self.model_copy(update={"list": own})

    def slots_apart(self, slot: str) -> tuple[str, ...]:
        """Return the slots whose editions the readers of this one need not have had: other lists than theirs."""
        return tuple(each.id for each in self.slots if each.id != slot)

    @model_validator(mode="after")
    def _slots_have_names_and_lists_of_their_own(self) -> NewsletterSettings:
        names = [slot.id for slot in self.slots]
        lists = [id for id, _title in self.lists]
        for what, each in (("slot", names), ("list", lists)):
            if len(set(each)) < len(each):
                raise ValueError(f"two slots share a {what}: each slot needs an id and a list of its own")
        return self

    @property
    def rule(self) -> Rule | None:
        """Return the rule that picks readers of the list, or None for all of them."""
        return parse_rule(self.segment) if self.segment else None


class EndpointSettings(Strict):
    """A language model's server that may write blurbs; prices are per million tokens, in and out."""

    url: WebBase
    model: str
    api_key_env: str = ""
    timeout_s: float = Field(default=20, gt=0)
    prices: tuple[float, float] = (0.0, 0.0)


class WebSettings(Strict):
    """Where ``digest serve`` listens; a proxy with TLS stands in front of it at ``site.url``."""

    host: Host = "127.0.0.1"
    port: Port = 8080


class Settings(Strict):
    """The whole file. ``base`` is its folder: relative paths start there."""

    site: SiteSettings
    database: DatabaseSettings = DatabaseSettings()
    transport: TransportSettings = TransportSettings()
    mail: MailSettings = MailSettings()
    render: RenderSettings = RenderSettings()
    lint: LintSettings = LintSettings()
    sign_up: SignUpSettings = SignUpSettings()
    retention: RetentionSettings = RetentionSettings()
    web: WebSettings = WebSettings()
    alerts: AlertSettings = AlertSettings()
    endpoint: EndpointSettings | None = None
    sources: tuple[SourceSettings, ...] = ()
    newsletters: tuple[NewsletterSettings, ...] = Field(min_length=1)
    base: Path = Path()

    @model_validator(mode="after")
    def _names_are_known_and_unique(self) -> Settings:
        for what, names in (
            ("source", [s.name for s in self.sources]),
            ("newsletter", [n.id for n in self.newsletters]),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ValueError(f"two {what}s are named {sorted(twice)[0]!r}: each needs a name of its own")
        known = {source.name for source in self.sources}
        for newsletter in self.newsletters:
            if newsletter.summarizer == "endpoint" and self.endpoint is None:
                raise ValueError(f"newsletter {newsletter.id!r} wants the endpoint; add a table [endpoint]")
            strange = set(newsletter.sources) - known
            if strange:
                raise ValueError(
                    f"newsletter {newsletter.id!r} names the source {sorted(strange)[0]!r}; there is {_listed(known)}"
                )
        return self

    def newsletter(self, name: str) -> NewsletterSettings:
        """Return the newsletter of that id; raises SettingsError naming those there are."""
        for newsletter in self.newsletters:
            if newsletter.id == name:
                return newsletter
        raise SettingsError(
            f"There is no newsletter {name!r}; digest.toml has {_listed(n.id for n in self.newsletters)}."
        )

    def sections_of(self, list_id: str) -> list[tuple[str, str]]:
        """Return the sections, as pairs of id and title, of the newsletters that go to a list."""
        mine = (newsletter for newsletter in self.newsletters if list_id in dict(newsletter.lists))
        return [(section.id, section.title) for newsletter in mine for section in newsletter.sections]

    def transport_of(self, newsletter: NewsletterSettings) -> TransportSettings:
        """Return the newsletter's own transport, or the workspace's."""
        return newsletter.transport or self.transport

    def database_url(self) -> str:
        """Return the database URL with a relative SQLite path made absolute."""
        url = self.database.url
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/") and url != prefix + ":memory:":
            return prefix + str((self.base / url.removeprefix(prefix)).resolve())
        return url


def load(path: Path) -> Settings:
    """Read and check a settings file; raises SettingsError that names the file, the key and what is allowed."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"There is no {path}. Make a workspace with `digest init DIR`, or name its file with --config."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    if "base" in raw:
        raise SettingsError(f"{path}: unknown key 'base'; allowed here: {_listed(_keys(Settings))}")
    try:
        return Settings.model_validate({**raw, "base": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError(_explain(path, error)) from error


def secret(base: Path, what: str, *, env: str, file: Path | None, environ: Mapping[str, str] | None = None) -> str:
    """Fetch a secret from the variable or the file named for it; raises SettingsError that says where it looked."""
    environ = os.environ if environ is None else environ
    if env:
        if value := environ.get(env, ""):
            return value
        raise SettingsError(f"No {what}: the environment variable {env} is empty or not set.")
    if file is not None:
        try:
            return (base / file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"No {what}: cannot read {base / file}: {error.strerror}.") from error
    raise SettingsError(f"No {what}: name an environment variable or a file for it in digest.toml.")


def load_keys(base: Path, environ: Mapping[str, str] | None = None, *, make: bool = True) -> KeyRing:
    """Return the keys of links and suppression from ``DIGEST_SECRET``, else from the secrets file beside the settings.

    A workspace without a secrets file gets one if ``make`` allows, readable by its owner alone, made so that of two
    processes that start at once both read the same keys. Raises SettingsError when there are none to be had.
    """
    environ = os.environ if environ is None else environ
    if text := environ.get("DIGEST_SECRET", ""):
        return _parse_keys(text, "the environment variable DIGEST_SECRET")
    path = base / SECRETS_FILE
    if not path.exists():
        if not make:
            raise SettingsError(
                f"The secrets file {path} is missing, and this database was made with one: links in sent mails and "
                "who must not be mailed depend on it. Restore it from a backup, or set DIGEST_SECRET."
            )
        make_secrets(path)
    try:
        return _parse_keys(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read the secrets in {path}: {error}") from error


def make_secrets(path: Path) -> None:
    """Write a fresh secrets file, mode 0600, unless there is one; raises SettingsError when it cannot be written."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(KeyRing.generate().format() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    except OSError as error:
        raise SettingsError(f"Cannot write the secrets file {path}: {error.strerror}.") from error


def _parse_keys(text: str, where: str) -> KeyRing:
    try:
        return KeyRing.parse(text.strip())
    except ValueError as error:
        raise SettingsError(f"The secrets in {where} are damaged: {error}. Restore them from a backup.") from error


def _explain(path: Path, error: ValidationError) -> str:
    lines = []
    details = error.errors()
    if len(details) > 1:
        # A list whose members failed is reported once more as too short; that line would only mislead.
        details = [detail for detail in details if detail["type"] != "too_short"]
    for detail in details:
        where = _dotted(detail["loc"])
        if detail["type"] == "extra_forbidden":
            lines.append(f"{path}: unknown key {where!r}; allowed here: {_listed(_siblings(detail['loc']))}")
        elif detail["type"] == "missing":
            lines.append(f"{path}: {where!r} is missing")
        else:
            message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
            at = f"{where!r}: " if where else ""
            shown = f" (it is {detail['input']!r})" if isinstance(detail["input"], str | int | float) else ""
            lines.append(f"{path}: {at}{message}{shown}")
    return "\n".join(lines)


def _dotted(location: tuple[int | str, ...]) -> str:
    written = ""
    for part in location:
        if part == "[key]":
            # It is the name itself that is wrong, and that stands already.
            continue
        written += f"[{part}]" if isinstance(part, int) else f".{part}" if written else part
    return written


def _siblings(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        named = next(f for n, f in model.model_fields.items() if part in (n, f.alias))
        model = _model_in(named.annotation)
        if model is None:
            return []
    return _keys(model)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_in, getattr(annotation, "__args__", ())) if m is not None), None)


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if name != "base"]


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
