"""The products whose exports are recognised by their header row, the more particular before the more general."""

from subscribers.transfer.shape import Shape
from subscribers.transfer.shapes.activecampaign import ACTIVECAMPAIGN
from subscribers.transfer.shapes.beehiiv import BEEHIIV
from subscribers.transfer.shapes.brevo import BREVO, NEWER
from subscribers.transfer.shapes.buttondown import BUTTONDOWN, BY_API
from subscribers.transfer.shapes.curated import CURATED
from subscribers.transfer.shapes.ghost import GHOST
from subscribers.transfer.shapes.kit import BY_API as KIT_BY_API
from subscribers.transfer.shapes.kit import KIT
from subscribers.transfer.shapes.listmonk import LISTMONK
from subscribers.transfer.shapes.mailchimp import MAILCHIMP
from subscribers.transfer.shapes.mailerlite import MAILERLITE
from subscribers.transfer.shapes.own import OWN
from subscribers.transfer.shapes.substack import DASHBOARD, LIST, OLDEST

SHAPES: tuple[Shape, ...] = (
    OWN,
    *MAILCHIMP,
    LIST,
    OLDEST,
    DASHBOARD,
    BEEHIIV,
    GHOST,
    BUTTONDOWN,
    BY_API,
    LISTMONK,
    BREVO,
    *NEWER,
    KIT,
    KIT_BY_API,
    *ACTIVECAMPAIGN,
    CURATED,
    MAILERLITE,
)

__all__ = ["SHAPES"]
