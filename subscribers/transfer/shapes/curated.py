"""Curated: active people only, with where they came from."""

from __future__ import annotations

from subscribers.transfer.shape import Shape

CURATED = Shape(
    name="Curated",
    header=frozenset(("email address", "subscribed at")),
    address="email address",
    names=("name",),
    joined=("subscribed at",),
)
