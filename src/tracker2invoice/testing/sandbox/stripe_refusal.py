"""How a pretended Stripe refuses. No HTTP. Source: docs.stripe.com/api/errors."""

from __future__ import annotations

from tracker2invoice.testing.sandbox.form import Fields


class Refused(Exception):
    """What Stripe says about a request that it does not carry out.

    `executed` says that the endpoint had begun: then the answer is kept with the idempotency key.
    """

    def __init__(
        self, message: str, *, code: str = "", param: str = "", status: int = 400, executed: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.param, self.status, self.executed = message, code, param, status, executed


def missing(what: str, wanted: str) -> Refused:
    """Return the refusal of an id that there is not."""
    return Refused(f"No such {what}: '{wanted}'", code="resource_missing", param="id", status=404)


def refuse_unknown(asked: Fields, known: str, where: str) -> None:
    """Refuse parameters that are none of the known ones, which stand in one text.

    Raises:
        Refused: there is one.
    """
    for name in asked.keys() - set(known.split()):
        param = f"{where}[{name}]" if where else name
        raise Refused(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)
