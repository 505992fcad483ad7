"""Make a page of results: figures by variant and by machine, charts, and a gallery."""
