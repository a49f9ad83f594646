"""Postings to work on, and running a plan in memory."""

from sluice.plan import Plan, plan_for
from sluice.record import read
from sluice.stores import Memory

POSTINGS = """\
id,date,holder,account,amount,currency,memo,branch
P1,2025-12-30,Ada Blum,DE12 3456 7890,10050,EUR,Rent,north
P2,2026-01-02,Ben Cole,DE98 7654 3210,-2500,EUR,"Refund, order 7",south
P3,2026-01-31,Ada Blum,DE12 3456 7890,399,EUR,=1+1,north
P4,2026-02-01,Zoë Diaz,CH55 0000 1111,80000,CHF,Salary,south
P5,2026-04-15,Ben Cole,DE98 7654 3210,1200,EUR,Books,north
"""


def postings(text=POSTINGS):
    """The records of a text."""
    return list(read(text.splitlines(keepends=True), "test.csv"))


def cells(records, column):
    """One column of some records."""
    return [record.cells[column] for record in records]


def run(*stages, records=None):
    """The files of a plan, as bytes by name."""
    memory = Memory()
    Plan.of(stages).run(postings() if records is None else records, memory)
    return memory.files


def run_extension(name, records=None, **given):
    """The files of a recipe or an encode stage. Options that are Python words end in `_`."""
    memory = Memory()
    plan = plan_for(name, {option.rstrip("_"): value for option, value in given.items()})
    plan.run(postings() if records is None else records, memory)
    return memory.files
