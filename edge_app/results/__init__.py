"""The JSON files of the programs as structs: one definition to write, read, check and describe."""
