"""The one error that people are meant to see."""


class Refusal(Exception):
    """
    The rules of the shop say no: the transaction is rolled back and the sentence is shown.

    `message` is an English msgid with `%(name)s` places (and `%%` for a
    per cent sign); it is translated where it is shown.
    `field` names the input at fault; `reason` is the short machine word, where a protocol has one.
    """

    def __init__(
        self, message: str, *, field: str | None = None, reason: str | None = None, **values: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.reason = reason
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values
