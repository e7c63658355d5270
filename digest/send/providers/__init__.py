"""Providers that take mail by their API: one file each."""
