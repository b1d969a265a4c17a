"""The faults that `planted_faults.py` plants still fit the course as it is."""

import dataclasses

import pytest
from planted_faults import FAULTS, change

from utils import ROOT


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_has_its_one_place(fault):
    change(fault, ROOT)  # raises an error where the place is gone
    assert fault.wrong != fault.right


def test_a_place_that_is_gone_is_named():
    gone = dataclasses.replace(FAULTS[0], right="no such line")
    with pytest.raises(LookupError, match="0 places in notebooks/01_"):
        change(gone, ROOT)
