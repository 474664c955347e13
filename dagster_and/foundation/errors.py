"""The one error that people are meant to read."""


class UserError(Exception):
    """What is wrong, where, and what to write instead, in one clear sentence. Shown without a stack trace."""


class PassingError(UserError):
    """One that may be over by itself before long: a server that doesn't answer. Who has time tries again later."""
