"""Mail by SMTP: the conversation without I/O, the loop that drives it, the connections."""
