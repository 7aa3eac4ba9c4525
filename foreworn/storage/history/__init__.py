"""Fleet histories on disk: read, checked, written, imported from known public sets."""

from foreworn.storage.history.azure_pdm import read_azure_pdm
from foreworn.storage.history.cmapss import read_cmapss
from foreworn.storage.history.folder import check_history, read_history
from foreworn.storage.history.templates import write_templates
from foreworn.storage.history.writing import write_history

__all__ = ["check_history", "read_azure_pdm", "read_cmapss", "read_history", "write_history", "write_templates"]
