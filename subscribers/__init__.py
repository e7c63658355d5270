"""The people: lists, consent, suppression, import and export. Knows nothing of ``digest``.

What is named here is the package's face; the modules behind it may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from subscribers.address import Address, masked, parse_address
from subscribers.bulk import add_tag, move_members, remove_tag
from subscribers.bymail import leave_by_mail
from subscribers.consent import (
    Mailer,
    Site,
    confirm,
    evidence,
    purge_unconfirmed,
    request_confirmation,
    send_confirmation,
    sign_up,
)
from subscribers.database import (
    VERSION_TABLE,
    migrate,
    migrations_dir,
    open_engine,
    reading,
    rehearsing,
    state,
    upgrade,
    writing,
)
from subscribers.errors import (
    BadAddress,
    BadFile,
    BadRule,
    BadToken,
    DatabaseError,
    SubscribersError,
    Suppressed,
    UnknownList,
    UnknownSubscriber,
)
from subscribers.keeping import Kept, Retention, keep_house
from subscribers.lists import (
    count_active,
    create_list,
    ensure_list,
    find_list,
    find_list_by_number,
    get_list,
    iter_lists,
    recipients,
    set_choices,
    subscribe,
    unsubscribe,
    withdrawn_since,
)
from subscribers.model import (
    Consent,
    ConsentHow,
    List,
    Subscriber,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from subscribers.privacy import forget, show
from subscribers.quiet import WithoutAddresses, without_addresses
from subscribers.resources import templates_dir
from subscribers.rules import Rule, parse_rule, sections_named
from subscribers.schema import UtcDateTime
from subscribers.segments import count_segment, segment_members, segment_recipients, unknown_attributes, unknown_tags
from subscribers.signups import Policy
from subscribers.store import check_keys, find_subscriber, get_subscriber, has_keys, iter_consents, iter_subscribers
from subscribers.suppression import is_suppressed, iter_suppressions, let_sign_up, lift_suppression, suppress
from subscribers.tokens import KeyRing, Purpose, Signer, Token, sign, verify
from subscribers.transfer import (
    FOREIGN,
    ImportReport,
    ImportRun,
    Outcome,
    Refused,
    RefusedFile,
    Undone,
    export_foreign,
    export_list,
    get_import,
    import_file,
    import_files,
    iter_imports,
    safe_cell,
    undo_import,
)

if TYPE_CHECKING:
    from subscribers.web import Courtesy, Pages, router

__all__ = [
    "FOREIGN",
    "VERSION_TABLE",
    "Address",
    "BadAddress",
    "BadFile",
    "BadRule",
    "BadToken",
    "Consent",
    "ConsentHow",
    "Courtesy",
    "DatabaseError",
    "ImportReport",
    "ImportRun",
    "Kept",
    "KeyRing",
    "List",
    "Mailer",
    "Outcome",
    "Pages",
    "Policy",
    "Purpose",
    "Refused",
    "RefusedFile",
    "Retention",
    "Rule",
    "Signer",
    "Site",
    "Subscriber",
    "SubscribersError",
    "Subscription",
    "SubscriptionStatus",
    "Suppressed",
    "Suppression",
    "SuppressionReason",
    "Token",
    "Undone",
    "UnknownList",
    "UnknownSubscriber",
    "UtcDateTime",
    "WithoutAddresses",
    "add_tag",
    "check_keys",
    "confirm",
    "count_active",
    "count_segment",
    "create_list",
    "ensure_list",
    "evidence",
    "export_foreign",
    "export_list",
    "find_list",
    "find_list_by_number",
    "find_subscriber",
    "forget",
    "get_import",
    "get_list",
    "get_subscriber",
    "has_keys",
    "import_file",
    "import_files",
    "is_suppressed",
    "iter_consents",
    "iter_imports",
    "iter_lists",
    "iter_subscribers",
    "iter_suppressions",
    "keep_house",
    "leave_by_mail",
    "let_sign_up",
    "lift_suppression",
    "masked",
    "migrate",
    "migrations_dir",
    "move_members",
    "open_engine",
    "parse_address",
    "parse_rule",
    "purge_unconfirmed",
    "reading",
    "recipients",
    "rehearsing",
    "remove_tag",
    "request_confirmation",
    "router",
    "safe_cell",
    "sections_named",
    "segment_members",
    "segment_recipients",
    "send_confirmation",
    "set_choices",
    "show",
    "sign",
    "sign_up",
    "state",
    "subscribe",
    "suppress",
    "templates_dir",
    "undo_import",
    "unknown_attributes",
    "unknown_tags",
    "unsubscribe",
    "upgrade",
    "verify",
    "withdrawn_since",
    "without_addresses",
    "writing",
]


def __getattr__(name: str) -> Any:
    """Import the web pages when they are first asked for: the command line does without them and starts sooner."""
    if name not in ("Courtesy", "Pages", "router"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from subscribers import web

    return getattr(web, name)
