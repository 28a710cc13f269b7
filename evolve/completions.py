"""What passes between a proposer and a model."""

from dataclasses import dataclass

from evolve.types import Usage

__all__ = ["Completion", "Message", "ModelRequest", "Price"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call to a model.

    Attributes:
        messages: The conversation, system turn first.
        role: What the call is for (``propose``, ``repair``, ...); spend is reported per role.
        max_output_tokens: Upper limit of the answer; also what is reserved before the call.
        temperature: Sampling temperature; ``None`` leaves the provider's default.
        seed: Sampling seed for providers that take one.
    """

    messages: tuple[Message, ...]
    role: str = "propose"
    max_output_tokens: int = 4096
    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer, untrusted text.

    Attributes:
        text: The answer, possibly empty.
        usage: Tokens and price.
        model: Name of the model that answered.
        finish_reason: ``stop``, ``length``, ``content_filter``, ... as the provider says.
    """

    text: str
    usage: Usage = Usage()
    model: str = ""
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, and where the figures come from."""

    input_usd_per_mtok: float
    output_usd_per_mtok: float
    source: str
