"""Judge forecasts of time, or of machines, that a model has not seen: by time, by unit, at several origins."""

from foreworn.loop.backtest.case import PartFailed, backtest
from foreworn.loop.backtest.probes import check_probes
from foreworn.loop.backtest.rolling import rolling_backtests, spreads
from foreworn.loop.backtest.time_split import Backtest, run_backtest
from foreworn.loop.backtest.unit_split import UnitBacktest, run_unit_backtest

__all__ = [
    "Backtest",
    "PartFailed",
    "UnitBacktest",
    "backtest",
    "check_probes",
    "rolling_backtests",
    "run_backtest",
    "run_unit_backtest",
    "spreads",
]
