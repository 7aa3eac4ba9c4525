"""The JSON API: one file per noun."""

from api.routes import devices, machines, models, platform, quarantine

ROUTERS = (machines.router, devices.router, quarantine.router, models.router, platform.router)

__all__ = ["ROUTERS"]
