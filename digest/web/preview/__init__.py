"""The editor's page on their own machine: an edition as its readers would get it, from every side."""

from digest.web.preview.app import new_token, preview_app

__all__ = ["new_token", "preview_app"]
