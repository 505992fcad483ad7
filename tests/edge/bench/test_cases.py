"""Cases are every combination, in rounds."""

from edge_app.bench.cases import cases_of, rounds_of
from edge_app.results.bench_result import Budget


def test_cases_are_every_combination_and_alternate() -> None:
    """The order is A B A B, so that drift affects all cases equally."""
    cases = cases_of(["float32", "int8"], ["litert"], [1, 2])
    assert [str(case) for case in cases] == [
        "float32 on litert, 1 thread",
        "int8 on litert, 1 thread",
        "float32 on litert, 2 threads",
        "int8 on litert, 2 threads",
    ]
    assert [case.variant for _, case in rounds_of(cases[:2], 2)] == [
        "float32", "int8", "float32", "int8",
    ]  # fmt: skip


def test_the_shares_of_the_rounds_add_up_to_the_budget() -> None:
    """Three rounds have at least the runs of the budget."""
    budget = Budget(min_secs=6.0, num_runs=10, rounds=3)
    assert (budget.round_secs, budget.round_runs) == (2.0, 4)
