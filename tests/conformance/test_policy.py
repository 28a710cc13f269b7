from dataclasses import replace

from evolve.decisions import PolicySetup
from evolve.protocols import Policy
from evolve.search import BestOfN, ParetoQueue
from evolve.testing._policy import PolicyTestCase


class TestParetoQueue(PolicyTestCase):
    def make(self, setup: PolicySetup) -> Policy:
        return ParetoQueue(setup)


class TestParetoQueueThatMeasuresAgain(PolicyTestCase):
    def make(self, setup: PolicySetup) -> Policy:
        return ParetoQueue(replace(setup, options={"reevaluate": True}))


class TestParetoQueueWithFixedShares(PolicyTestCase):
    def make(self, setup: PolicySetup) -> Policy:
        weights = {"crossover": 3, "mutate": 1.5} if len(setup.operators) > 1 else {}
        return ParetoQueue(replace(setup, options={"operator_weights": weights, "frontier_share": 0}))


class TestBestOfN(PolicyTestCase):
    def make(self, setup: PolicySetup) -> Policy:
        return BestOfN(setup)
