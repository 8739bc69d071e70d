"""What build.py test needs beside pytest."""
