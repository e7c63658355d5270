"""What columns are called: the usual names for a field, however people and programs spell them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

FIELDS: Mapping[str, tuple[str, ...]] = {
    "email": (
        *("email", "email address", "mail", "mail address", "subscriber", "subscriber email", "contact email"),
        "user email",
        *("e-mail-adresse", "mailadresse", "adresse e-mail", "adresse mail", "adresse de messagerie", "courriel"),
        *("dirección de correo electrónico", "direccion de correo electronico", "correo electrónico", "correo"),
        *("endereço de e-mail", "endereço de correio eletrónico", "indirizzo e-mail", "indirizzo email"),
        *("e-mailadres", "e-mailadresse", "e-post", "e-postadress", "address"),
    ),
    "name": ("name", "full name", "subscriber name"),
    "first_name": (
        *("first name", "given name", "fname", "vorname", "prénom", "prenom", "nombre", "nome", "primeiro nome"),
        "voornaam",
    ),
    "last_name": (
        *("last name", "surname", "family name", "lname", "nachname", "nom", "nom de famille", "apellido"),
        *("apellidos", "sobrenome", "apelido", "cognome", "achternaam"),
    ),
    "tags": ("tags", "tag", "labels", "groups"),
    "status": (
        *("status", "subscription status", "subscriber status", "email status", "member status", "list status"),
        "marketing status",
    ),
    "joined": (
        *("joined", "joined at", "created at", "created", "subscribed at", "subscribed on", "subscribed date"),
        *("date added", "subscription date", "date subscribed", "subscribe date", "signup date", "sign-up date"),
        *("optin time", "opt-in date", "date created", "creation date", "added time", "added on", "added at"),
        *("contact date added", "start date", "subscribed", "timestamp opt", "date subscribe", "cdate", "date"),
    ),
    "ip": ("ip", "ip address", "optin ip", "signup ip", "ip opt", "ip signup"),
    "left": (*("unsubscribed at", "unsubscribe date", "unsubscription date", "date unsubscribed", "date unsubscribe"),),
}
"""What a column may be called for each field; a mapping names a field and the file's own column."""


@lru_cache(maxsize=10_000)
def plain(column: str) -> str:
    """Return a name without case, spaces and signs: Email-Address, EMAIL_ADDRESS and emailaddress are one."""
    return re.sub(r"[\W_]", "", column.lower())


def find_column(header: Iterable[str], names: Iterable[str]) -> str:
    """Return the column of a header that has the first of these names that any has, or nothing."""
    columns = {plain(column): column for column in reversed(list(header))}
    return next((columns[plain(name)] for name in names if plain(name) in columns), "")


def respelled(header: Sequence[str], own: Collection[str], fields: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return a header with a product's own columns named as the product names them.

    ``own`` are these names: a column that differs only in spelling gets its own. ``fields`` gives for a name of the
    product the other names under which that column may stand, if it stands nowhere yet.
    """
    spelled = {plain(name): name for name in own}
    names = list(header)
    for place, column in enumerate(header):
        name = spelled.get(plain(column), column)
        if name not in names:
            names[place] = name
    for name, others in fields.items():
        found = "" if name in names else find_column([each for each in names if each not in own], others)
        if found:
            names[names.index(found)] = name
    return tuple(names)
