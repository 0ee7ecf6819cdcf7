"""The one exception that tools turn into a message and an exit code."""


class Refused(Exception):
    """The input is wrong; the text says what and where."""
