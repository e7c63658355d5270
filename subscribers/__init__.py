"""The people: lists, consent, suppression, import and export. Knows nothing of ``digest``.

What is named here is the package's face; the modules behind it may change.
"""

from subscribers.address import Address, masked, parse_address
from subscribers.database import VERSION_TABLE, migrate, migrations_dir, open_engine, reading, state, upgrade, writing
from subscribers.errors import (
    BadAddress,
    BadFile,
    BadToken,
    DatabaseError,
    SubscribersError,
    Suppressed,
    UnknownList,
    UnknownSubscriber,
)
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
from subscribers.resources import templates_dir
from subscribers.schema import UtcDateTime
from subscribers.store import check_keys, find_subscriber, get_subscriber, iter_consents, iter_subscribers
from subscribers.suppression import is_suppressed, iter_suppressions, lift_suppression, suppress
from subscribers.tokens import KeyRing, Purpose, Token, sign, verify

__all__ = [
    "VERSION_TABLE",
    "Address",
    "BadAddress",
    "BadFile",
    "BadToken",
    "Consent",
    "ConsentHow",
    "DatabaseError",
    "KeyRing",
    "List",
    "Purpose",
    "Subscriber",
    "SubscribersError",
    "Subscription",
    "SubscriptionStatus",
    "Suppressed",
    "Suppression",
    "SuppressionReason",
    "Token",
    "UnknownList",
    "UnknownSubscriber",
    "UtcDateTime",
    "check_keys",
    "count_active",
    "create_list",
    "ensure_list",
    "find_list",
    "find_list_by_number",
    "find_subscriber",
    "get_list",
    "get_subscriber",
    "is_suppressed",
    "iter_consents",
    "iter_lists",
    "iter_subscribers",
    "iter_suppressions",
    "lift_suppression",
    "masked",
    "migrate",
    "migrations_dir",
    "open_engine",
    "parse_address",
    "reading",
    "recipients",
    "set_choices",
    "sign",
    "state",
    "subscribe",
    "suppress",
    "templates_dir",
    "unsubscribe",
    "upgrade",
    "verify",
    "withdrawn_since",
    "writing",
]
