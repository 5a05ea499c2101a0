"""The commands of the `onelayer` program, one file each."""
