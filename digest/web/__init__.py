"""The web pages: for readers (public), for editors on their own machine (preview)."""
