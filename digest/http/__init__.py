"""Fetches everything foreign: feeds, articles, pictures. One guarded client, so that the rules stand in one place."""

from digest.http.addresses import Resolver, is_public
from digest.http.client import Fetched, GuardedClient, shown

__all__ = ["Fetched", "GuardedClient", "Resolver", "is_public", "shown"]
