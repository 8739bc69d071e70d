"""Substitutes, inside the frozen interpreter, for parts of Pyodide's own Python that a worker of ours never uses.

Each file replaces the module of the same path. The real ones bring asyncio, ssl, zipfile, tempfile, ast, tokenize and
inspect with them: half of the snapshot, for an event loop, a package installer and a code runner never asked for.
"""
