"""A backtest's report with all its parts, as small as one can be and still be read as a real one."""

from typing import Any


def full_report() -> dict[str, Any]:
    """Return a report that has everything; a test takes away or spoils what it is about."""
    return {
        "model": "gb-3f2a91c0",
        "protocol": "a row every 3 h; label: the component fails in (t, t + 24 h]",
        "figures": {
            "failures": 122, "caught_12h": 118, "recall_12h": 0.967, "recall_12h_low": 0.929, "recall_12h_high": 0.992,
            "missed": 4, "caught_late": 2, "false_alarms": 12, "false_alarms_per_machine_month": 0.024,
            "false_alarms_per_machine_month_low": 0.012, "false_alarms_per_machine_month_high": 0.041,
            "alarm_threshold": 0.22, "macro_f1": 0.912, "macro_f1_low": 0.88, "macro_f1_high": 0.94,
            "brier_skill": 0.84, "brier_skill_low": 0.8, "brier_skill_high": 0.88, "calibration_slope": 0.97,
            "calibration_slope_low": 0.88, "calibration_slope_high": 1.1, "calibration_intercept": -0.02,
            "lead_time_p50_h": 21.0, "machine_months": 500.0, "rows": 123456, "rows_followed_by_failure": 976,
            "rows_censored": 4321,
        },
        "left_out": {"gearbox": "it never failed"},
        "by_age_alone": {"filter": "6 failures, 10 are needed to learn its signs"},
        "predictions_sha256": "9f" * 32,
        "reliability": [
            {"low": 0.0, "high": 0.01, "forecasts": 120000, "mean_probability": 0.0004, "failed_share": 0.0005,
             "share_low": 0.0, "share_high": 0.0009},
            {"low": 0.01, "high": 0.1, "forecasts": 900, "mean_probability": 0.04, "failed_share": 0.05},
            {"low": 0.1, "high": 0.5, "forecasts": 180, "mean_probability": 0.27, "failed_share": 0.25},
            {"low": 0.5, "high": 0.9, "forecasts": 142, "mean_probability": 0.72, "failed_share": 0.69},
            {"low": 0.9, "high": 1.0, "forecasts": 760, "mean_probability": 0.98, "failed_share": 0.985},
        ],
        "data": {
            "machines": 100, "machine_models": 4, "components": ["bearing", "filter", "rotor", "gearbox"],
            "from": "2015-01-01T06:00:00+00:00", "to": "2016-01-01T06:00:00+00:00",
            "trained_from": "2015-01-01T06:00:00+00:00", "trained_until": "2015-08-01T00:00:00+00:00",
            "telemetry_rows": 876100, "failures": 761, "preventive": 2525, "fingerprint": "ab" * 32,
        },
        "split": "time", "horizon_h": 24.0,
        "by_component": [
            {"component": "bearing", "failures": 70, "caught": {"6": 69, "12": 68, "24": 40, "48": 0},
             "false_alarm_episodes": 5, "f1": 0.93, "average_precision": 0.95, "brier_skill": 0.86},
            {"component": "rotor", "failures": 46, "caught": {"6": 46, "12": 46, "24": 30, "48": 0},
             "false_alarm_episodes": 7, "f1": 0.89, "average_precision": 0.91, "brier_skill": 0.81},
            {"component": "filter", "failures": 6, "caught": {"6": 5, "12": 4, "24": 2, "48": 0},
             "false_alarm_episodes": 0, "f1": None, "average_precision": None, "brier_skill": None},
        ],
        "notice": [
            {"hours": 6, "failures": 122, "caught": 120, "recall": 0.984, "low": 0.955, "high": 1.0},
            {"hours": 12, "failures": 122, "caught": 118, "recall": 0.967, "low": 0.929, "high": 0.992},
            {"hours": 24, "failures": 122, "caught": 72, "recall": 0.59, "low": 0.5, "high": 0.68},
            {"hours": 48, "failures": 122, "caught": 0, "recall": 0.0, "low": 0.0, "high": 0.031},
        ],
        "lead_time_h": {"p10": 14.0, "p25": 18.0, "p50": 21.0, "p75": 24.0, "p90": 24.0},
        "months": [
            {"month": f"2015-{8 + place:02}", "machine_months": 100.0, "expected": 25.0, "low": 17, "high": 34,
             "observed": observed}
            for place, observed in enumerate((24, 22, 30, 16, 30))
        ],
        "worst": [
            {"kind": "missed", "machine": "m-17", "component": "bearing", "time": "2015-09-03T06:00:00+00:00",
             "probability": 0.03, "threshold": 0.22, "said": "3.0% at most in the 24 h before; an alarm from 22%"},
            {"kind": "late", "machine": "m-88", "component": "rotor", "time": "2015-10-11T06:00:00+00:00",
             "probability": 0.4, "threshold": 0.22, "said": "the first alarm came 3 h before"},
            {"kind": "false_alarm", "machine": "m-05", "component": "rotor", "time": "2015-11-02T09:00:00+00:00",
             "probability": 0.81, "threshold": 0.22, "said": "nothing followed within 24 h"},
        ],
        "origins": [
            {"train_until": f"2015-0{month}-01T00:00:00+00:00", "test_from": f"2015-0{month}-02T00:00:00+00:00",
             "test_to": f"2015-0{month + 1}-01T00:00:00+00:00",
             "figures": {"failures": 30 + month, "recall_12h": 0.9 + month / 100, "macro_f1": 0.85 + month / 100}}
            for month in (4, 5, 6)
        ],
        "spread": {
            "failures": {"mean": 35, "low": 34, "high": 36, "origins": 3},
            "recall_12h": {"mean": 0.95, "low": 0.94, "high": 0.96, "origins": 3},
            "macro_f1": {"mean": 0.9, "low": 0.89, "high": 0.91, "origins": 3},
            "rows": {"mean": 9000.0, "low": 8000.0, "high": 9999.0, "origins": 3},
        },
        "probes": [
            {"name": "shuffled failures", "passed": True, "said": "average precision .012, by chance at most .015"},
            {"name": "the maintenance plan", "passed": True, "said": "the plan alone finds what age alone finds"},
        ],
        "priced": {
            "currency": "EUR", "subject": "100 engines run to failure", "units": 100, "lives": 100,
            "failures": {"run_to_failure": 100, "best_age": 4, "model": 0, "perfect": 0},
            "cost_per_1000h": {"run_to_failure": 48500.0, "best_age": 9876.0, "model": 5210.0, "perfect": 4840.0},
            "gap_closed": 0.926, "gap_closed_low": 0.79, "gap_closed_high": 0.95,
            "gap_closed_against_age_in_hindsight": 0.9,
            "sensitivity": [
                {"what": "a failure costs so many replacements", "value": 5, "gap_closed": 0.88, "failures": 0},
                {"what": "noise doubled", "value": None, "gap_closed": 0.61, "failures": 1},
                {"what": "a third of the sensors dead", "value": None, "gap_closed": -0.04, "failures": 6},
            ],
            "protocol": "10 folds by engine, a failure costs 10 replacements, lead 10 h",
        },
        "limits": ["one split in time, on one fleet", "filter is forecast by age only: 6 failures"],
    }  # fmt: skip
