"""The walk between the trainings of a user's two models."""
