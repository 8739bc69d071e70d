"""The documentation, made from templates/docs/."""
