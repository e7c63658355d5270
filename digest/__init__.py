"""The newsletter: stories in, editions out. Read ``job`` first."""
