"""The transformation, pure: a call and the user in, commands for Heap and the new user out."""
