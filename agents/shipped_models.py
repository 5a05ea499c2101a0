"""The models in this package: each is a folder beside this file, and is called by the folder's name."""

SHIPPED = ("tiny", "small")
