"""The demo: a simulated plant goes live, and acting on its forecasts is priced."""

from foreworn.demo.audience import DemoAudience
from foreworn.demo.result import DemoResult
from foreworn.demo.run import DemoPlan, Scores, demo_settings, run_demo

__all__ = ["DemoAudience", "DemoPlan", "DemoResult", "Scores", "demo_settings", "run_demo"]
