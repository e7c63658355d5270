"""What is logged names nobody, whatever an error quotes."""

from __future__ import annotations

import io
import logging

from subscribers import WithoutAddresses


def test_a_record_and_the_whole_chain_of_its_error_are_logged_without_addresses() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(WithoutAddresses())
    logger = logging.Logger("a library")
    logger.addHandler(handler)

    try:
        try:
            raise ValueError("парк@example.org is odd")
        except ValueError as error:
            raise RuntimeError("[parameters: ('ann@example.org', 3)]") from error
    except RuntimeError:
        logger.exception("Mail for %s failed.", "Ann <ann@example.org>")

    said = written.getvalue()
    assert said.startswith("Mail for Ann <(address)> failed.\nTraceback")
    assert "ValueError: (address) is odd" in said
    assert said.endswith("RuntimeError: [parameters: ('(address)', 3)]\n")
