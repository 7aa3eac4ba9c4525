from pathlib import Path

import numpy as np

from simulators.load import Ledger, LoadPlan


def ledger() -> Ledger:
    nan = float("nan")
    plan = LoadPlan(devices=3, connections=1, batch=2, signals=2, password="secret", username="load")
    return Ledger(
        plan,
        np.array([0, 1, 2], dtype=np.uint32),
        np.array([1, 1, 1]),
        np.array([1.0, 2.0, 3.0]),
        np.array([1.5, nan, 3.5]),
        np.array([nan, nan, 4.0]),
    )


def test_only_what_is_acknowledged_is_owed() -> None:
    made = ledger()
    owed = made.readings(made.acknowledged)
    assert owed.select(["device", "seq"]).to_pylist() == [
        {"device": device, "seq": seq} for device in ("load-0000", "load-0002") for seq in (1, 2)
    ]
    assert made.confirmed.tolist() == [False, False, True]


def test_a_ledger_that_was_saved_says_the_same_but_keeps_no_password(tmp_path: Path) -> None:
    file = tmp_path / "ledger.npz"
    ledger().save(file)
    loaded = Ledger.load(file)
    assert loaded.readings().equals(ledger_like(loaded).readings())
    np.testing.assert_array_equal(loaded.acknowledged_at, ledger().acknowledged_at)
    assert (loaded.plan.username, loaded.plan.password) == ("load", "")


def ledger_like(loaded: Ledger) -> Ledger:
    made = ledger()
    return Ledger(loaded.plan, made.device, made.seq, made.sent_at, made.acknowledged_at, made.confirmed_at)
