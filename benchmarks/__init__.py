"""How it is measured. A record comes about in this order:

    cli         the `twinbench` command, whose sub-commands are the files of `commands`
    options     what may stand on its line; checks: of what kind; asked: what is made of it
    plan        a list of jobs, all arms in turn
    engines     who runs them: this machine, or a Ray cluster; progress: what is left
    child       a fresh process of a framework's own, in which functions are called
    worker      one job in it; measure: its clocks, memory and surroundings
    record      one JSON file a run; meanings: what its keys mean; shapes: whether one that is read
                can be one; values: what may be in it; compact: many in one file

and is read in this:

    arms        which runs repeat each other, and what they give; place: where one ran; notices:
                what must be said of them
    stats       intervals and tests, numbers in and out
    verdicts    what may be said of two arms; sentences: in which words; messages: to whom
    report      tables, figures and one page

Each further question has files of one name, of which `commands` asks, this folder measures and
computes, and `report` shows:

    parity      do two compute the same? bounds: how far rounding alone goes; twins: a user's own,
                whose layers pairing brings together
    explain     what does each difference do? explain_runs: its runs; ablation: a step taken apart
    study       who is better, by planned seeds; compare: before and after
    crossval    K folds; tune: which network they choose
    race        against the textbook and others, who are in `peers`; limit: and against the machine
    scale       how time grows; `suites` is for pytest-benchmark
    convert     weights from one framework's file to another's; predict: rows and their truth
    export      records for others: flat tables; scalars and tracking: TensorBoard and MLflow
    lessons     pages as notebooks; cells: their cells, each in its framework's process
"""
