"""The model that ships: trained, measured, exported, and told of."""
