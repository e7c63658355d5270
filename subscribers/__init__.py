"""The people: lists, consent, suppression, import and export. Knows nothing of ``digest``."""
