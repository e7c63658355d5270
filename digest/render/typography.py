"""Small typographic help for HTML: no single word alone on the last line of a headline or a blurb."""

from __future__ import annotations

from markupsafe import Markup, escape

# A pair longer than this would break the line before it too early on a phone of 320 pixels.
_LONGEST_PAIR = 20


def tie(text: str) -> Markup:
    """Return the text, escaped, with its last two words kept on one line if it has more than three.

    A span and no no-break space: the words stay as the newsroom wrote them, for search and for copying.
    """
    words = text.split(" ")
    if len(words) < 4 or len(words[-1]) + len(words[-2]) >= _LONGEST_PAIR:
        return escape(text)
    return escape(" ".join(words[:-2])) + Markup(' <span class="nw">{}</span>').format(" ".join(words[-2:]))
