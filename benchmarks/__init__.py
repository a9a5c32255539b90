"""How it is measured, and what is asked. Five shared rooms; each imports only those below it:

    cli         the `twinbench` command: its options, and what is made of them
    show        sections of tables and figures, for the terminal, Markdown and a page
    statistics  numbers in, numbers and verdicts out
    harness     how it is run: a fresh process, its job, who starts it, what is left
    records     what was run, on what, and what it gave: one JSON file per run

Above them a folder per question: its commands (`NAME_command.py`), what measures, what shows.

    run         train, and show what came of it
    parity      do two frameworks compute the same? twins: do a user's own two models?
    explain     what does each difference do, and where does the time of a step go?
    study       who is better, by planned seeds? Before and after a change
    folds       K folds, and which network they choose
    speed       against the textbook and others, against the machine, as it grows
    rows        the data, and what a network says of single rows
    export      weights and records for other tools: safetensors, tables, TensorBoard, MLflow
    lessons     pages as notebooks, whose cells run in their own frameworks
    report      all records on one page

`docs/architecture.md` walks from a record to a table, and from `run` to `Task.fit`.
"""
