"""Downloads of models and data sets that cannot ship."""
