"""Whether a mathematical answer equals the reference: extraction, notation, structure, equality.

The way of an answer: ``extraction`` finds it in a response, ``notation`` cleans its writing,
``kinds`` tells what it is (a number, an interval, a list, a relation, a text), ``equality`` compares
two readings, and what only algebra can decide goes to ``symbolic``, in a process of its own.
"""
