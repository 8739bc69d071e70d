"""Python that runs inside Pyodide while the bundle is built, and nowhere else."""
