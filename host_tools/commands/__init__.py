"""The commands of host-tools, one file each."""
