"""Random chains: every figure equals torch's own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.measure.chains import DTYPES, build, chains
from vggstat.cost.check import Verdict
from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload, find_dtype
from vggstat.measure.verify.counters import flop_counter_mode, hooks, mem_tracker, parameters, saved_tensors
from vggstat.measure.verify.counters.base import UNTRAINABLE
from vggstat.measure.verify.subject import Subject

SHARDS = 8
CHAINS = 320
"""In shards, so that several workers share them. Of the faults in a formula that were tried, each showed within 70."""

fixed = settings(
    max_examples=CHAINS // SHARDS,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_figure_equals_torchs_own(shard: int) -> None:
    """Shapes, parameters, FLOPs (forward, training), saved bytes and inference peak of random legal chains."""

    @seed(shard)
    @fixed
    @given(chain=chains(), batch=st.integers(1, 3), dtype=st.sampled_from(DTYPES))
    def run(chain: str, batch: int, dtype: str) -> None:
        subject = Subject(analyze(build(chain), Workload(batch=batch, dtype=find_dtype(dtype))))
        checks = [mem_tracker.check_inference(subject)]
        for counter in (hooks, parameters, flop_counter_mode, saved_tensors):
            checks += counter.count(subject)
        differing = [
            check for check in checks if check.verdict is not Verdict.AGREES and check.note != UNTRAINABLE
        ]

        assert differing == []

    run()
