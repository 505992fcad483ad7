"""Turn a model into four TFLite variants and prove them: the half for the workstation."""
