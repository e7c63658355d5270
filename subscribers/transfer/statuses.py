"""The words products use for how somebody stands to a list, and ours for them."""

from __future__ import annotations

import re

from subscribers.transfer.row import RowError, RowStatus

_WORDS = {
    # Mail that bounced softly may arrive tomorrow; who reads seldom ("cold", Kit) or is given the paid mail reads.
    RowStatus.ACTIVE: "active subscribed enabled confirmed opted-in optin opt-in optedin yes true 1 premium free paid "
    "regular gifted trialing member valid verified soft-bounced soft-bounce softbounced softbounce comp comped "
    "complimentary cold cold-subscriber",
    # beehiiv validates an address, or lets the newsroom approve it, before anything is mailed to it.
    RowStatus.PENDING: "pending unconfirmed unactivated waiting unverified not-confirmed validating needs-attention "
    "needs-approval",
    # Mailchimp's transactional contacts bought something and never signed up.
    RowStatus.UNSUBSCRIBED: "unsubscribed inactive opted-out optout opt-out optedout unsub unsubscribe cancelled "
    "canceled left removed disabled deleted deactivated ended no false 0 archived non-subscribed nonsubscribed "
    "not-subscribed never-subscribed transactional",
    RowStatus.BOUNCED: "bounced cleaned undeliverable hard-bounced hardbounced hard-bounce hardbounce bounce invalid",
    RowStatus.COMPLAINED: "complained complaint spam junk abuse reported spam-complaint spam-complained spam-reported "
    "spam-report marked-as-spam reported-as-spam reported-spam abuse-complaint",
    RowStatus.BLOCKED: "blocked blocklisted blacklisted blocklist blacklist suppressed banned spammy",
}
_FOREIGN = {
    RowStatus.ACTIVE: "aktiv abonniert angemeldet bestätigt actif abonné inscrit confirmé activo suscrito confirmado "
    "ativo inscrito attivo iscritto confermato actief ingeschreven",
    RowStatus.PENDING: "ausstehend unbestätigt non-confirmé en-attente pendiente no-confirmado pendente não-confirmado "
    "in-attesa non-confermato onbevestigd",
    RowStatus.UNSUBSCRIBED: "abgemeldet abbestellt gekündigt inaktiv nicht-abonniert désabonné désinscrit inactif "
    "non-abonné cancelado baja dado-de-baja no-suscrito inactivo inativo não-inscrito disiscritto cancellato inattivo "
    "non-iscritto uitgeschreven inactief",
    RowStatus.BOUNCED: "bereinigt unzustellbar nettoyé rebotado depurado limpiado ripulito opgeschoond",
    RowStatus.BLOCKED: "gesperrt blockiert bloqué bloqueado bloccato geblokkeerd",
}
_STATUSES = {word: status for each in (_WORDS, _FOREIGN) for status, words in each.items() for word in words.split()}

# Spreadsheets write true and false in the language of their owner.
YES = frozenset(("yes", "true", "1", "y", "t", "x", "ja", "oui", "si", "sí", "sim"))
YES |= frozenset(("wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar"))
NO = frozenset(("", "no", "false", "0", "n", "f", "nein", "non", "não", "nee", "falsch", "faux", "falso", "onwaar"))


def find_status(text: str) -> RowStatus | None:
    """Return the status a word names, or None when nobody knows it."""
    word = re.sub(r"(?<=\w)[\s_-]+(?=\w)", "-", text.strip().lower())
    return _STATUSES.get(word) or _STATUSES.get(word.removeprefix("email-"))


def read_status(text: str) -> RowStatus | None:
    """Return the status a cell names, None when it is empty; raises RowError for a word nobody knows.

    An unknown word might mean that somebody left: mailing them would be worse than asking.
    """
    if not text.strip():
        return None
    status = find_status(text)
    if status is None:
        raise RowError(f"the status {text.strip()!r} is not known: write active, pending, unsubscribed or bounced")
    return status


def is_yes(text: str) -> bool:
    """Tell whether a cell says yes; raises RowError when it says neither yes nor no."""
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise RowError(f"{text.strip()!r} is neither yes nor no")
