"""Measuring a profile: every run that it is made of, in a folder that a later call goes on from."""
