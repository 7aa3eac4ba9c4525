"""The fleet: sites, machines, components, the devices on them, and what was done to them."""
