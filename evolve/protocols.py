"""The roles that plug-ins fill. Each protocol states its obligations; `evolve.testing` ships a suite for each.

Third parties implement these and register them under the entry-point groups ``evolve.proposers``,
``evolve.policies``, ``evolve.sandboxes`` and ``evolve.evaluators``; built-in parts use the same door.
"""

from collections.abc import Sequence
from typing import Protocol, Self, runtime_checkable

from evolve.briefs import Brief, Knob, ParentView, Proposal, Rejection
from evolve.calls import Availability, CallResult, Data, SandboxSetup
from evolve.completions import Completion, Message, ModelRequest, Price
from evolve.decisions import Decision, Expand, Outcome, PolicySetup, Reevaluate, Stop, Wait
from evolve.types import (
    Evaluation,
    EvaluationRequest,
    Instance,
    Judgement,
    Program,
    Split,
    Trust,
)

__all__ = [
    "Availability",
    "Brief",
    "CallResult",
    "Completion",
    "Data",
    "Decision",
    "Evaluator",
    "Expand",
    "Knob",
    "Message",
    "Model",
    "ModelDesk",
    "ModelRequest",
    "Outcome",
    "ParentView",
    "Policy",
    "PolicySetup",
    "Price",
    "Proposal",
    "Proposer",
    "Reevaluate",
    "Rejection",
    "Sandbox",
    "SandboxSetup",
    "Session",
    "Stop",
    "Verifier",
    "Wait",
]

# ------------------------------------------------------------------------------------------ sandboxes


class Session(Protocol):
    """An open sandbox that holds one candidate. State of the candidate lives from call to call.

    After any failed call (but an exception that the candidate raised) the session is dead: later calls return
    the same failure at once. Also a context manager: leaving it closes it.
    """

    def call(self, function: str, *args: Data, timeout_s: float | None = None) -> CallResult:
        """Call a top-level function of the candidate's entry module; never raises for the candidate's faults.

        Args:
            function: Its name; a missing one is `Status.INVALID`.
            args: Passed by value; arrays arrive as writable copies.
            timeout_s: Wall limit of this call, at most the session's own limit.

        Raises:
            InfrastructureError: The sandbox itself failed.
        """
        ...

    def close(self) -> None:
        """Kill every process of the candidate and remove its files; safe to call twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...


class Sandbox(Protocol):
    """A provider of sessions. Constructed as ``Provider(setup)``; used by one thread at a time.

    Attributes:
        name: Entry-point name.
        trust: Label that every score obtained here carries.
    """

    name: str
    trust: Trust

    @classmethod
    def probe(cls) -> Availability:
        """Whether this provider works here; must return within 5 s and never raise."""
        ...

    def open(self, program: Program, entry: str) -> Session:
        """A session that holds ``program``; the candidate is imported by the first call, inside its time limit.

        Args:
            program: All files; the candidate cannot change the host's copy.
            entry: Path of the module to import, relative to the program.

        Raises:
            SandboxUnavailable: The sandbox cannot be opened.
        """
        ...

    def close(self) -> None:
        """End everything that is still open; safe to call twice."""
        ...


# ----------------------------------------------------------------------------------------- evaluators


class Verifier(Protocol):
    """The trusted judge of a problem: ``verify.py`` defines a class of this name and shape.

    It may also define ``summarize(results) -> Mapping[str, float]`` where an objective is not a plain
    aggregate of instance scores.
    """

    def instances(self, split: Split, seed: int) -> Sequence[Instance]:
        """The instances of a split; equal for equal arguments, disjoint between splits."""
        ...

    def judge(self, session: Session, instance: Instance) -> Judgement:
        """Call the candidate, recompute every metric from what it returned, and judge it."""
        ...


class Evaluator(Protocol):
    """Runs a problem's verifier outside the engine's process. Several evaluations may be in flight.

    Constructed as ``Evaluator(problem_folder, sandbox=NAME, parallel=N, label=RUN_ID)``.
    """

    async def start(self) -> None:
        """Start what evaluations need; raises `InfrastructureError` where that is impossible."""
        ...

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """Judge a program; every fault of the candidate is a status, never an exception.

        Raises:
            InfrastructureError: The sandbox or the verifier itself failed.
        """
        ...

    async def close(self) -> None:
        """Stop every process that was started; safe to call twice."""
        ...


# ----------------------------------------------------------------------------------------------- models


class Model(Protocol):
    """A language model behind one name. It owns retries; nobody above it retries.

    Attributes:
        name: As the user wrote it, e.g. ``openai/gpt-5-mini``.
        price: ``None`` where no price is known.
    """

    name: str
    price: Price | None

    async def complete(self, request: ModelRequest) -> Completion:
        """One answer.

        Raises:
            ModelUnavailable: No answer after the allowed retries, with ``is_permanent`` set where another try is pointless.
        """
        ...

    async def close(self) -> None:
        """Close connections; safe to call twice."""
        ...


class ModelDesk(Protocol):
    """What the engine hands to a proposer so that every model call is reserved, recorded and settled.

    A recorded answer of an interrupted run is returned without a new request.
    """

    async def complete(self, request: ModelRequest) -> Completion:
        """One answer, already on disk when it is returned.

        Raises:
            ModelUnavailable: No answer; the proposer lets it pass.
            BudgetTooSmall: The budget cannot pay this call; the proposer lets it pass.
        """
        ...


# -------------------------------------------------------------------------------------------- proposers


class Proposer(Protocol):
    """Writes new programs. Constructed as ``Proposer(options)`` with a mapping of its own options.

    Attributes:
        name: Entry-point name.
        is_trusted: Whether its programs come from trusted moves only, so that a machine without isolation may run them.
        is_deterministic: Whether equal briefs give equal proposals without a model; such runs are ordered by default.
        uses_models: Whether it calls models, so that a run needs ``--model``.
        operators: Moves that it understands, the usual one first.
    """

    name: str
    is_trusted: bool
    is_deterministic: bool
    uses_models: bool
    operators: tuple[str, ...]

    async def propose(self, brief: Brief, desk: ModelDesk) -> Proposal:
        """One proposal; an unusable answer is a `Rejection`, never an exception.

        Raises:
            ModelUnavailable: Passed on from the desk.
            ProposerExhausted: There is nothing more to propose.
        """
        ...


# --------------------------------------------------------------------------------------------- policies


@runtime_checkable
class Policy(Protocol):
    """Decides what to do next: ask/tell. Constructed as ``Policy(setup)``.

    ``ask`` gets consecutive tickets from 1; ``tell`` gets each ticket's outcome once or more (idempotent), the seed's
    first. Given the same sequence of asks and tells a policy gives the same decisions: resume and replay depend on it.
    """

    name: str

    def ask(self, ticket: int) -> Decision:
        """The decision for this ticket; `Wait` leaves the ticket unused."""
        ...

    def tell(self, outcome: Outcome) -> None:
        """How a ticket ended; failures are data."""
        ...
