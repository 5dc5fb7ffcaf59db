"""The online store: one packed row per customer and feature set, the newest."""
