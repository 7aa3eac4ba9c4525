"""The broker: started for the user where there is none, and who may speak on it."""
