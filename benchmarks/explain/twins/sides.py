"""What the two trainings of a user's file differ in: both models are built and asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.explain.twins.layers import of_dropout, of_layers
from benchmarks.explain.twins.losses import loss_of, of_losses
from benchmarks.explain.twins.optimizers import Optimizer, of_optimizers
from benchmarks.explain.twins.switch import Found
from benchmarks.harness.process import Child
from benchmarks.twins.case import Case, Say
from benchmarks.twins.causes.asked import objective_of
from benchmarks.twins.causes.comparing import known
from benchmarks.twins.causes.declared import declared
from benchmarks.twins.causes.scene import Scene
from benchmarks.twins.causes.walks import walk
from benchmarks.twins.climb import Side
from benchmarks.twins.judge import THREADS
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.match import Matching
from common.framework import framework
from common.regime import NATIVE
from common.twins.problem import Twins
from common.twins.rule import BESIDE, INSIDE, Rule
from common.twins.turns import Loss
from common.twins.user_file import function_of

SEED = 0
CONSTANT = 1e-3  # of a learning rate: one that moves by more is a schedule


class Sides(NamedTuple):
    """What is known of both trainings before any has run.

    `found` are their differences but for initial values; `optimizers` those whose rule is known,
    `losses` those of LOSS's functions; `notes` what a reader must know.
    """

    names: tuple[str, str]
    matching: Matching
    found: Found
    optimizers: tuple[Optimizer | None, Optimizer | None]
    losses: tuple[Loss | None, Loss | None]
    notes: list[str]


def ask_sides(
    twins: Twins,
    names: tuple[str, str],
    python: Mapping[str, str],
    data: tuple[str, str | None],
    on_stage: Say = lambda stage: None,
) -> Sides:
    """Build both models and compare what they train by.

    Raises ValueError for a model that fails, and for two whose outputs have other shapes.
    """
    file = replace(twins.file, weights={})  # a training starts from what the functions give
    with ExitStack() as stack:
        sides = []
        for name in names:
            on_stage(f"{name} builds its model")
            child = stack.enter_context(Child(name, threads=THREADS, python=python.get(name)))
            sides.append(Side(child, file, name, SEED, "cpu"))
        judgement = Judgement(file.path, names, SEED)
        rows = file.rows(SEED, *data)
        case = Case(judgement, file, (sides[0], sides[1]), rows, "drawn", on_stage)
        models = case.settle()
        traces = case.climb()
        if not case.targets:
            raise ValueError(f"{file.path}: the outputs of the two models have other shapes")
        on_stage("both train for a few steps")
        scene = case.scene(models, traces)
        own_losses = twins.loss == "functions"
        objectives = [objective_of(scene, number) if own_losses else None for number in (0, 1)]
        seen = [_optimizer(twins, scene, number) for number in (0, 1)]
    found = Found([], {})
    found.add(of_optimizers(names, seen[0], seen[1]))
    found.add(of_layers(case.matching.pairs, names))
    shape = twins.output_shapes[0]
    losses = [None if o is None else loss_of(o, shape) for o in objectives]
    found.add(of_losses(twins.loss, names, losses))
    found.add(of_dropout([side.dropout for side in sides], names))
    notes = []
    if own_losses and None in losses:
        notes.append(f"the {twins.metric} of the test rows is each side's own LOSS")
    return Sides(names, case.matching, found, (seen[0], seen[1]), (losses[0], losses[1]), notes)


def _optimizer(twins: Twins, scene: Scene, number: int) -> Optimizer | None:
    """The rule and rate by which a side's own training steps; None where none is known."""
    side = scene.sides[number]
    if function_of(twins.path, "OPTIMIZER", side.framework) is None:
        own = NATIVE.resolve(framework(side.framework).native)
        place = INSIDE if own.epsilon_inside_root else BESIDE
        assert own.rho is not None and own.epsilon is not None  # resolved
        rule = Rule("RMSprop", rho=own.rho, epsilon=own.epsilon, place=place)
        return Optimizer(rule, twins.learning_rate)
    walked = walk(scene, number)
    declaration = declared(side.ask64("optimizer_settings"), side.framework)
    told = declaration[1] if declaration else None
    if walked is None or (declaration and told is None):  # a schedule
        return None
    fitted = known(walked, declaration)
    if fitted is None or not np.allclose(fitted.rates, fitted.rates[0], rtol=CONSTANT):
        return None
    rate = fitted.rates[0]
    same = told is not None and np.isclose(rate, told, rtol=CONSTANT)
    return Optimizer(fitted.rule, told if told is not None and same else rate)
