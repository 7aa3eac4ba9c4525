"""What a plant is, on disk: machines, people, parts, stock, plans, open orders and costs; read and checked."""

from foreworn.storage.day_one.folder import check_day_one, read_day_one
from foreworn.storage.day_one.templates import write_day_one_templates

__all__ = ["check_day_one", "read_day_one", "write_day_one_templates"]
