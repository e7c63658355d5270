"""Hands messages over: transports, the gate before the irrevocable step, and the loop that sends an edition."""

from digest.send.deliver import Progress, deliver_edition
from digest.send.gate import EditionGate, GateState
from digest.send.outbox import Outbox
from digest.send.transports import TransportSettings, make_transport

__all__ = [
    "EditionGate",
    "GateState",
    "Outbox",
    "Progress",
    "TransportSettings",
    "deliver_edition",
    "make_transport",
]
