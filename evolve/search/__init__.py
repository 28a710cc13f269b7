"""Policies and their parts: what to expand, what to keep, what may be spent, what is new."""

from evolve.search.best_of_n import BestOfN
from evolve.search.budget import Budget, Ledger, Reservation, Spend
from evolve.search.frontier import FrontierMember, FrontierUpdate, ParetoFrontier, non_dominated
from evolve.search.novelty import fingerprint
from evolve.search.operators import OperatorChoice
from evolve.search.pareto_queue import ParetoQueue, ParetoQueueOptions
from evolve.search.queue import CandidateQueue, CandidateRecord

__all__ = [
    "BestOfN",
    "Budget",
    "CandidateQueue",
    "CandidateRecord",
    "FrontierMember",
    "FrontierUpdate",
    "Ledger",
    "OperatorChoice",
    "ParetoFrontier",
    "ParetoQueue",
    "ParetoQueueOptions",
    "Reservation",
    "Spend",
    "fingerprint",
    "non_dominated",
]
