"""The simulation finds each of the mistakes that delivery protocols are known for, put into the kernel one by one."""

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.simulate import simulate

WITHIN = 2_000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_mistake_in_the_kernel_is_found(mutant: Mutant) -> None:
    assert mutant.seed < WITHIN
    for number in (mutant.seed, *range(WITHIN)):
        if simulate(number, mutant.kit).faults:
            return
    pytest.fail(f"{mutant.name} survives {WITHIN} seeds: nobody would notice that {mutant.mistake}")
