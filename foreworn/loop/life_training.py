"""Train a model of remaining life of every component that enough is known of, and put them in use."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

import pyarrow.compute as pc

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.component_lives import component_lives
from foreworn.loop.recency import newer_in_use
from foreworn.telemetry.sample import MILLISECOND
from models.life import GradientBoostedLifeModel, LifeModelSettings
from models.life import train as train_model
from models.life.pacing import paced
from models.life.registry import FolderLifeStore

STEPS_IN_A_LIFE: Final = 200
"""How many steps a median life has, as those have on which the settings were chosen (C-MAPSS, FD001)."""

LARGEST_WORK: Final = 10_000_000
"""Samples that all rows together may look back on: training holds some hundred bytes of each."""

WIDEST: Final = 2 * STEPS_IN_A_LIFE / LifeModelSettings().cap
"""Caps that an interval may be wide for a model to be put in use: two median lives, which is to know nothing."""

MOST_ROWS: Final = 20_000
"""About how many rows teach: as many as the sizes of the trees were chosen on (C-MAPSS, FD001)."""

_HOURS_IN_A_DAY: Final = 24.0
_FEWEST_ROWS_IN_LEAF: Final = 20


@dataclass(frozen=True, slots=True)
class LifeTraining:
    """What came of one component: its model, or why there is none."""

    component: str
    model: GradientBoostedLifeModel | None
    why: str = ""


def train_life_models(
    history: FleetHistory,
    *,
    until: datetime,
    models: FolderLifeStore,
    leave_out: Collection[str] = (),
    model_settings: LifeModelSettings | None = None,
    on_step: Callable[[str], None] = lambda step: None,
) -> list[LifeTraining]:
    """Train on what was stamped before `until`, save each component's model, and put it in use.

    A component with too little history, or whose new model's intervals tell nothing, goes on with the model it has, if
    any, and says why. Settings that count in time follow the component's own lives unless they are given; telemetry is
    read at their pace.

    Parameters
    ----------
    history, until
        What to learn from.
    models
        Where they are kept.
    leave_out
        Signals that are not to be read, such as counters that tell one machine from another.
    model_settings
        The same for all components; None: as `settings_for` says.
    on_step
        Called with each component that is begun, in words.

    Returns
    -------
    list[LifeTraining]
        One per component of the fleet, sorted.
    """
    told = history.until(until)
    found = []
    for component in told.components:
        on_step(f"Learning how long {component} lasts")
        found.append(_trained(told, component, until, models, leave_out, model_settings))
    return found


def _trained(
    history: FleetHistory,
    component: str,
    until: datetime,
    models: FolderLifeStore,
    leave_out: Collection[str],
    settings: LifeModelSettings | None,
) -> LifeTraining:
    try:
        chosen = settings or settings_for(history, component, until=until, leave_out=leave_out)
        told = paced(history, component, chosen.step, until=until - MILLISECOND)
        model = train_model(told, component, until=until, settings=chosen)
    except TooLittleHistory as little:
        return LifeTraining(component, None, str(little))
    store = models.of(component)
    store.save(model)
    if doubt := _doubt(model):
        return LifeTraining(component, None, f"model {model.version} is kept and not put in use: {doubt}")
    if newer := newer_in_use(store, model):
        why = f"model {model.version} is kept and not put in use: {newer}, in use, learned from newer data"
        return LifeTraining(component, None, why)
    store.serve(model.version)
    return LifeTraining(component, model)


def _doubt(model: GradientBoostedLifeModel) -> str:
    """Say why what a model tells is of no use; nothing where it is of use."""
    width, cap, unit = model.metrics["unseen_interval_width"], model.settings.cap, model.settings.unit
    if width <= WIDEST * cap:
        return ""
    return (
        f"of machines it had not seen, its intervals are {width:,.0f} {unit} wide, more than twice a usual life: "
        "more machines that failed have to be on record"
    )


def settings_for(
    history: FleetHistory, component: str, *, until: datetime, leave_out: Collection[str] = ()
) -> LifeModelSettings:
    """Return settings whose spans fit how long this component lasts, and whose rows fit into memory.

    The defaults count in hours and were chosen where half of the lives were shorter than 200 of them. Here the same
    number of steps, of whole hours, makes up the median life that ended in a failure. Rows stand further apart than one
    step where there would be more than `MOST_ROWS`, or where all of them together would look back on more than
    `LARGEST_WORK` samples, of which there is one a step in a whole life; leaves hold the same share of the rows.

    Raises
    ------
    TooLittleHistory
        If too few lives ended in a failure; said before anything is computed.
    """
    default = LifeModelSettings()
    lives = _lives(history, component, until)
    failed = [hours for hours, ended in lives if ended]
    if len(failed) < default.fewest_lives:
        lives_or_life = "life" if len(failed) == 1 else "lives"
        raise TooLittleHistory(
            f"{len(failed)} {lives_or_life} of {component!r} ended in a failure before {until:%Y-%m-%d %H:%M} UTC; "
            f"{default.fewest_lives} are needed to tell how long it lasts"
        )
    step = max(1, math.ceil(median(failed) / STEPS_IN_A_LIFE))
    looked_back = sum((hours / step) ** 2 for hours, _ in lives) / 2
    on_record = sum(hours for hours, _ in lives)
    every = step * max(1, math.ceil(looked_back / LARGEST_WORK), math.ceil(on_record / step / MOST_ROWS))
    share_of_rows = on_record / every / MOST_ROWS
    return LifeModelSettings(
        step=timedelta(hours=step),
        every=timedelta(hours=every),
        warm_up=step * default.warm_up,
        cap=step * default.cap,
        calibrate_up_to=step * default.calibrate_up_to,
        fewest_rows_in_leaf=max(_FEWEST_ROWS_IN_LEAF, round(default.fewest_rows_in_leaf * min(share_of_rows, 1.0))),
        leave_out=tuple(sorted(leave_out)),
    )


def _lives(history: FleetHistory, component: str, until: datetime) -> list[tuple[float, bool]]:
    """Return how many hours of each life telemetry was listened to, and whether it ended in a failure."""
    if not len(history.telemetry):
        raise TooLittleHistory("there is no telemetry to learn from")
    first, last = pc.min_max(history.telemetry["time"]).as_py().values()
    end = min(until, last + MILLISECOND)
    found = component_lives(history.machines, history.failures, history.maintenance, until=end, recorded_since=first)
    own = [life for (_, name), lives in found.items() if name == component for life in lives]
    return [(life.days * _HOURS_IN_A_DAY, life.failed) for life in own]
