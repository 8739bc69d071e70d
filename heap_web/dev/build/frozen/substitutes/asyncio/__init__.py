"""In the place of `asyncio`: the worker's job is one function call, and nothing in it waits."""
