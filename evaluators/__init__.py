"""Host-side verifiers: staged evaluation in a process of its own, aggregation, feedback."""

from evaluators.native import NativeEvaluator

__all__ = ["NativeEvaluator"]
