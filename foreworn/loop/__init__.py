"""Use cases that join the rooms: train, backtest, score what is due, judge."""
