"""Turn a model into four TFLite variants and prove them: the package for the workstation."""
